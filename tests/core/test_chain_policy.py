"""The table `[chain]`: what it may hold, its remarks in lint, how it is shown and compared."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.chain.kinds import adapter_of, chain_options
from aztrust.core.policy.chain_describe import describe_chain
from aztrust.core.policy.chain_table import is_series
from aztrust.core.policy.diff import diff_policies
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Remark, Severity
from aztrust.core.policy.validate import parse_policy
from tests.core.test_window_lint import STRICT, STRICTER, band
from tests.policies import REVOCATION, policy, text

CHAIN = '[chain]\nkind = "cometbft"\nepoch_blocks = 10\n'
BANDS = band("early", **STRICTER) + band("steady", **STRICT)
SERIES = """\
[rollback.errors]
metric = 'errors{kind="a"}'
[rollback.reconciliation]
metric = "books_off"
workflow = "dispute_up"
"""


def remarks(topic: str, more: str, rest: str | None = None) -> list[Remark]:
    given = text(rest=rest) if rest is not None else text()
    return [r for r in lint_policy((given + more).encode()) if r.topic == topic]


def test_it_is_absent_or_has_its_kind_and_its_epoch():
    assert policy().chain is None
    found = parse_policy((text() + CHAIN).encode()).chain
    assert found is not None
    assert (found.kind, found.epoch_blocks, found.power_reduction) == ("cometbft", 10, 10**6)


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ('[chain]\nkind = "cometbft"\n', "epoch_blocks"),
        ('[chain]\nkind = "other"\nepoch_blocks = 1\n', "chain.kind"),
        ('[chain]\nkind = "cometbft"\nepoch_blocks = 0\n', "epoch_blocks"),
        (CHAIN + "power_reduction = 0\n", "power_reduction"),
        (CHAIN + '[chain.metrics]\na = "not a series"\n', "metrics"),
        (CHAIN + '[chain.metrics]\na = "up{\\n}"\n', "metrics"),
    ],
)
def test_what_it_may_not_hold(table: str, place: str):
    with pytest.raises(Malformed) as caught:
        parse_policy((text() + table).encode())
    assert any(place in line for line in (caught.value.message, *caught.value.details))


@pytest.mark.parametrize(
    ("written", "is_one"),
    [
        ("up", True),
        ('a:b_c{x="1",y="2"}', True),
        ("error rate", False),
        ("1a", False),
        ("", False),
        ("up{", False),
        ("up\n", False),
    ],
)
def test_the_name_of_a_series(written: str, is_one: bool):
    assert is_series(written) is is_one


@pytest.mark.clause("AZ-31.3")
@pytest.mark.parametrize(
    ("bands", "named"),
    [("", "[early] and [steady]"), (band("steady"), "[early]"), (band("early"), "[steady]")],
)
def test_a_network_is_not_observed_without_limits(bands: str, named: str):
    (remark,) = remarks("chain-without-band", CHAIN + bands)
    assert remark.severity is Severity.WARNING
    assert f"is observed without {named}:" in remark.message
    assert remarks("chain-without-band", CHAIN + BANDS) == []
    assert remarks("chain-without-band", bands) == []


def test_a_metric_that_nothing_reports_is_named():
    found = remarks("chain-metric-unnamed", CHAIN)
    assert [r.message.partition(" is ")[0] for r in found] == [
        "rollback.errors.metric",
        "rollback.reconciliation.metric",
        "rollback.reconciliation.workflow",
    ]
    assert remarks("chain-metric-unnamed", CHAIN + SERIES) == []
    assert remarks("chain-metric-unnamed", "") == []
    without = '[rollback.errors]\nnot_applicable = "no such service"\n'
    without += '[rollback.reconciliation]\nnot_applicable = "no books"\n'
    assert remarks("chain-metric-unnamed", CHAIN + without) == []


def test_a_chain_without_verdicts():
    assert len(remarks("chain-without-verdicts", CHAIN, REVOCATION)) == 1
    assert remarks("chain-without-verdicts", CHAIN) == []


@pytest.mark.clause("AZ-10.3")
@pytest.mark.parametrize("field", STRICTER)
def test_one_value_of_the_first_hours_is_stricter(field: str):
    (remark,) = remarks("early-not-stricter", band("early", **STRICT) + band("steady", **STRICT))
    assert remark.severity is Severity.WARNING
    one = band("early", **{**STRICT, field: STRICTER[field]}) + band("steady", **STRICT)
    assert remarks("early-not-stricter", one) == []
    assert remarks("early-not-stricter", band("early")) == []


def test_how_it_is_shown():
    assert list(describe_chain(policy())) == []
    more = CHAIN + "power_reduction = 10\n" + '[chain.metrics]\nbvm_anomalies = "bvm_bad"\n'
    lines = [line for _, line in describe_chain(parse_policy((text() + more).encode()))]
    assert lines[0] == "cometbft, an epoch is 10 blocks"
    assert "one unit of voting power is 10 of the smallest unit staked" in lines
    assert "bvm_anomalies is the series bvm_bad" in lines


def diff(old: str, new: str) -> list[str]:
    one, other = (parse_policy((text() + more).encode()) for more in (old, new))
    return [
        f"{change.effect.value} {change.place}: {change.message}"
        for change in diff_policies(one, other)
    ]


def test_what_its_changes_do():
    assert diff("", CHAIN) == [
        "raised chain: the checkpoints of the first blocks and epoch rest on a proof from the"
        " sealed genesis"
    ]
    assert diff(CHAIN, "")[0].startswith("LOWER chain: ")
    assert diff(CHAIN, CHAIN) == []
    assert diff(CHAIN, CHAIN.replace("10", "9")) == ["LOWER chain.epoch_blocks: was 10, now 9"]
    assert diff(CHAIN, CHAIN.replace("10", "11")) == ["raised chain.epoch_blocks: was 10, now 11"]
    kind = CHAIN.replace("cometbft", "ethereum")
    assert diff(CHAIN, kind) == ["changed chain.kind: was cometbft, now ethereum"]
    unit = CHAIN + "power_reduction = 10\n"
    assert diff(CHAIN, unit) == ["changed chain.power_reduction: was 1000000, now 10"]
    metric = CHAIN + '[chain.metrics]\na = "up"\n'
    assert diff(CHAIN, metric) == ["changed chain.metrics.a: was not read, now up"]


def test_the_series_that_an_adapter_reads():
    more = CHAIN + SERIES + '[chain.metrics]\nbvm_anomalies = "bvm_bad"\n'
    options = chain_options(parse_policy((text() + more).encode()))
    assert options.power_reduction == 10**6
    assert options.metrics == {
        'errors{kind="a"}': 'errors{kind="a"}',
        "books_off": "books_off",
        "dispute_up": "dispute_up",
        "bvm_anomalies": "bvm_bad",
    }
    assert chain_options(policy()).metrics == {}


def test_a_kind_without_an_adapter_is_not_observed():
    assert adapter_of("cometbft", chain_options(policy())).name == "cometbft"
    with pytest.raises(CouldNotCheck, match="no adapter for other"):
        adapter_of("other", chain_options(policy()))  # type: ignore[arg-type]
