"""`aztrust window instruct`, `activate-role` and `abort`: the start, and giving it up."""

from __future__ import annotations

import pytest

from aztrust.acts.act import load_in_window
from aztrust.acts.window.basis import basis_of
from aztrust.acts.window.records import default_order
from aztrust.core.base.value import replace
from aztrust.core.policy.window_tables import ACTIVATION_ORDER
from tests.cli_launch import DAY, Clock, Desk, Template, copied, refused, ticking_clock
from tests.disk_launch import MINUTE
from tests.disk_launch import NOW as MADE

clock = pytest.fixture(ticking_clock)
HOUR = 60 * MINUTE
NOW = MADE + DAY + HOUR
MORE = '[window]\nmax_final_check_age = "3h"\n'


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    """One coordinator signs everything: the bootstrap is authorized, and not instructed."""

    def act(desk: Desk, _: Clock) -> None:
        desk.done("window", "proceed", "--reason", "T", by="luca")
        desk.done("window", "checkpoint", "go_hold_review_completed", by="luca")
        desk.done("window", "decide", "go", "--reason", "T", by="luca")
        desk.done("window", "authorize", by="luca")
        desk.done("window", "checkpoint", "bootstrap_authorized", by="luca")

    made = Template.at_go_hold(tmp_path_factory.mktemp("one"), MORE)
    return made.after(tmp_path_factory.mktemp("authorized"), act)


desk = pytest.fixture(copied)


@pytest.fixture
def instructed(desk: Desk, clock: Clock) -> Desk:
    """Two roles are to start within two hours; the scope was confirmed one final time."""
    instruct(desk, clock)
    assert desk.run("final-check", "--yes").exit_code == 0
    return desk


@pytest.fixture
def started(instructed: Desk) -> Desk:
    assert activate(instructed, "observer").exit_code == 0
    return instructed


def instruct(desk: Desk, clock: Clock, *, opens: int = 0, lasts: int = 2 * HOUR) -> dict:
    begins = (clock.now + opens) // 1000
    times = ("--opens", str(begins), "--closes", str(begins + lasts // 1000))
    words = ("window", "instruct", *times, "--order", "observer,node", "--yes")
    code, document = desk.json(*words, by="luca")
    assert code == 0, document
    return document


def activate(desk: Desk, role: str, *more: str):
    return desk.run("window", "activate-role", role, *more, "--yes", by="luca")


# ---- the instruction -----------------------------------------------------------------------------


@pytest.mark.clause("AZ-20.2", "AZ-9.3")
def test_an_instruction_fixes_the_start_window_and_the_order(desk, clock):
    document = instruct(desk, clock)
    predicate = desk.statement(document["path"])["predicate"]
    window = predicate["preimages"]["start_window"]
    assert window["closes_at_unix_ms"] - window["opens_at_unix_ms"] == 2 * HOUR
    order = predicate["preimages"]["role_activation_order"]["order"]
    assert [step["role"] for step in order] == ["observer", "node"]
    assert document["records"][0]["in_effect"]


@pytest.mark.clause("AZ-9.2")
def test_without_an_order_the_roles_of_the_release_start_as_the_clause_says(desk):
    basis = basis_of(load_in_window(desk.launch.path, desk.anchor, "", str(desk.ledger), NOW))
    assert default_order(basis) == ("node",)

    def of_roles(*roles: str) -> tuple[str, ...]:
        release = basis.context.manifests["release"]
        (artifact,) = release.artifacts
        artifacts = tuple(artifact.model_copy(update={"role": role}) for role in roles)
        made = release.model_copy(update={"artifacts": artifacts})
        context = replace(basis.context, manifests={**basis.context.manifests, "release": made})
        return default_order(replace(basis, context=context))

    assert of_roles("watcher", "verifier", "proposer", "verifier") == (
        *("proposer", "verifier"),
        "watcher",
    )
    assert of_roles() == ACTIVATION_ORDER


def test_the_order_of_the_policy_is_taken(desk):
    basis = basis_of(load_in_window(desk.launch.path, desk.anchor, "", str(desk.ledger), NOW))
    table = basis.table.model_copy(update={"activation_order": ("seed", "node")})
    policy = basis.act.policy.model_copy(update={"window": table})
    act = replace(basis.act, context=replace(basis.act.context, policy=policy))
    assert default_order(replace(basis, act=act)) == ("seed", "node")


@pytest.mark.parametrize("left_out", ["--opens", "--closes"])
def test_an_instruction_without_a_start_window_is_refused(desk, clock, left_out):
    words = [w for name in ("--opens", "--closes") if name != left_out for w in (name, "1")]
    done = desk.run("window", "instruct", *words, "--yes", by="luca")
    assert done.exit_code == 2
    assert "an instruction needs a start window" in done.advised


@pytest.mark.clause("AZ-8.4")
def test_an_instruction_without_an_authorization_is_refused(desk, clock):
    record = next(p for p in desk.files() if ".launch-authorization." in p.name)
    words = ("--reason", "T", "--yes")
    assert desk.run("revoke", record.name.split(".")[0], *words, by="luca").exit_code == 0
    done = desk.run("window", "instruct", "--opens", "1", "--closes", "2", "--yes", by="luca")
    refused(done, "the launch authorization is not in force")


# ---- the roles -----------------------------------------------------------------------------------


@pytest.mark.clause("AZ-30.1")
def test_no_role_starts_before_the_scope_was_confirmed_after_the_instruction(desk, clock):
    instruct(desk, clock)
    refused(activate(desk, "observer"), "scope-reconfirmed", "AZ-30.1")
    assert desk.run("final-check", "--yes").exit_code == 0
    assert activate(desk, "observer").exit_code == 0


def test_no_role_starts_before_the_start_window_opens(desk, clock):
    instruct(desk, clock, opens=HOUR)
    assert desk.run("final-check", "--yes").exit_code == 0
    refused(activate(desk, "observer"), "start-window-open")
    clock.forward(HOUR)
    assert activate(desk, "observer").exit_code == 0


def test_no_role_starts_after_the_start_window_closed(desk, clock):
    instruct(desk, clock, lasts=HOUR)
    assert desk.run("final-check", "--yes").exit_code == 0
    clock.forward(HOUR + MINUTE)
    refused(activate(desk, "observer"), "start-window-open")


@pytest.mark.clause("AZ-9.2")
def test_roles_start_in_their_order_and_say_what_was_seen(instructed):
    refused(activate(instructed, "node"), "is-next-role")
    done = activate(instructed, "observer")
    assert "role observer = activate" in done.advised
    refused(activate(instructed, "node"), "previous-step-observed")
    assert activate(instructed, "node", "--observed", "3 of 3 peers").exit_code == 0
    refused(activate(instructed, "node", "--observed", "again"), "is-next-role")


@pytest.mark.clause("AZ-7.3")
def test_a_hold_stops_the_next_role(started):
    assert started.run("window", "hold", "no blocks", "--yes", by="luca").exit_code == 0
    refused(activate(started, "node", "--observed", "T"), "no-open-hold")


def test_a_restart_names_its_anomaly(started):
    for words in (("--restart",), ("--anomaly", "f" * 16)):
        done = activate(started, "observer", *words)
        assert done.exit_code == 2
        assert "a restart names its anomaly" in done.advised
    done = activate(started, "observer", "--restart", "--anomaly", "f" * 16)
    assert done.exit_code == 2
    assert "no anomaly is recorded" in done.advised


# ---- giving it up --------------------------------------------------------------------------------

ABORT = ("window", "abort", "--trigger", "deterministic-divergence", "--reason", "T", "--yes")
AFTER = (
    *("--measure", "halt", "--criterion", "3 halted blocks within 10m"),
    *("--old-state", "kept as evidence, signing data never used again"),
)


@pytest.mark.clause("AZ-28")
def test_after_the_start_a_window_is_not_deferred(started):
    done = started.run("window", "defer", "--reason", "T", "--yes", by="luca")
    refused(done, "step-not-possible")


@pytest.mark.clause("AZ-28")
def test_an_abort_after_the_start_says_what_is_done_and_why(started):
    refused(started.run(*ABORT, by="luca"), "criterion-named")
    done = started.run(*ABORT, *AFTER, by="luca")
    assert done.exit_code == 0, done.err
    assert "abort issued for release_package_id" in done.advised
    path = next(p for p in started.files() if ".launch-abort." in p.name)
    body = started.statement(f"manifests/records/{path.name}")["predicate"]["record"]
    assert body["after_start"]["measure"] == "halt"
    ended = started.json("window", "status")[1]["ended"]
    assert [end["scope_hash"] for end in ended] == [body["scope_hash"]]


def test_before_the_start_an_abort_names_no_measure(instructed):
    done = instructed.run(*ABORT, *AFTER, by="luca")
    assert done.exit_code == 2
    assert "has not started" in done.advised
    assert instructed.run(*ABORT, by="luca").exit_code == 0


def test_a_measure_without_its_criterion_is_refused(started):
    done = started.run(*ABORT, *AFTER[:2], by="luca")
    assert done.exit_code == 2
    assert "needs --measure, --criterion and --old-state" in done.advised
    _, error = started.json(*ABORT, *AFTER[:2], by="luca")
    assert error["subject"] == "--criterion"
