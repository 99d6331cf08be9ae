"""Print the transition table of the launch window as a Promela model with its laws, for SPIN.

    python tools/promela.py >window.pml
    spin -a window.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan -m1000000

SPIN is another program by other people: that it finds the laws unbroken, and the same states as
tests/core/window_model.py, does not rest on our exploration. The laws are written here once more,
in Promela, from the clauses. A law that is broken is printed as `broken NAME`, a state that is
reached as `state STATUS PHASE FACTS HOLDS ANOMALIES BLOCKERS`, each once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, get_args

from aztrust.core.state.window.facts import OF_THE_RECORD, STORED, TIMED
from aztrust.core.state.window.row import PLACE, Row, SignedBy, Trigger
from aztrust.core.state.window.table import TABLE

COUNTED: Final = ("hold-open", "anomaly-open", "blocker-open")
MOMENT: Final = (*TIMED, *OF_THE_RECORD)

_FORWARD: Final = (
    "ev == t_proceed || ev == t_go_hold_reviewed || ev == t_decide_go || ev == t_authorize"
    " || ev == t_bootstrap_authorized || ev == t_instruct || ev == t_activate_first"
    " || ev == t_final_check_passed || ev == t_activate_next || ev == t_activate_last"
    " || ev == t_first_blocks_healthy || ev == t_first_epoch_finalized || ev == t_enter_posture"
    " || ev == t_posture_entered || ev == t_exit_ready || ev == t_exit_posture || ev == t_normalize"
)
_TO_START: Final = (
    "ev == t_proceed || ev == t_go_hold_reviewed || ev == t_decide_go || ev == t_authorize"
    " || ev == t_bootstrap_authorized || ev == t_instruct || ev == t_activate_first"
)
_MACROS: Final = f"""\
#define is_forward ({_FORWARD})
#define is_to_start ({_TO_START})
#define is_end (status == DEFERRED || status == ABORTED)
#define was_running (b_status <= RESTRICTED_POSTURE_ACTIVE)
#define was_started (b_status >= NETWORK_STARTED && b_status <= RESTRICTED_POSTURE_ACTIVE)
#define entered (status != b_status)
#define is_clear (!b_hold_open && !b_anomaly_open && !b_blocker_open && !b_scope_invalidated)
#define enters_more (entered && !is_end && status != IN_FINAL_CHECKS)
#define goes_on (is_forward || ev == t_proceed_after_hold || enters_more)
"""

LAWS: Final[dict[str, str]] = {
    "statuses_follow_in_order": "!entered || is_end || status == b_status + 1",
    "no_final_checks_before_the_freeze": ("!(entered && status == IN_FINAL_CHECKS) || b_frozen"),
    "a_hold_is_left_by_proceed_defer_or_abort": (
        "!b_hold_open || ev == t_proceed_after_hold || ev == t_defer || ev == t_abort"
        " || !(entered || phase > b_phase || is_forward)"
    ),
    "a_hold_ends_by_a_proceed_that_names_it": (
        "!(n_hold_open < c_hold_open || ev == t_proceed_after_hold)"
        " || (ev == t_proceed_after_hold && names_present_records)"
    ),
    "a_critical_blocker_stops_every_step": "!b_blocker_open || !goes_on",
    "an_anomaly_stops_every_step": "!b_anomaly_open || !goes_on",
    "an_anomaly_is_closed_by_a_resolution_that_names_it": (
        "!(n_anomaly_open < c_anomaly_open || ev == t_resolve_anomaly)"
        " || (ev == t_resolve_anomaly && names_present_records)"
    ),
    "a_blocker_is_closed_by_its_closing": (
        "n_blocker_open >= c_blocker_open || ev == t_close_blocker"
    ),
    "an_invalid_scope_allows_only_defer_and_abort": (
        "!b_scope_invalidated || was_started || (scope_invalidated && (!entered || is_end)"
        " && !is_forward && ev != t_freeze && ev != t_final_check && ev != t_observe"
        " && ev != t_restart && ev != t_amend && ev != t_proceed_after_hold)"
    ),
    "an_adverse_decision_leads_only_to_defer_or_abort": (
        "!b_no_go || was_started || (no_go && (!entered || is_end) && !is_to_start)"
    ),
    "what_leads_to_the_start_rests_on_fresh_final_checks": (
        "!is_to_start || ev == t_instruct || (b_final_checks_passed && final_checks_recent)"
    ),
    "a_review_rests_on_a_proceed_and_a_decision_on_the_review": (
        "(ev != t_go_hold_reviewed || b_proceed) && (ev != t_decide_go || b_go_hold_reviewed)"
    ),
    "a_go_rests_on_the_checklist_of_the_policy": "ev != t_decide_go || checklist_decided",
    "an_authorization_rests_on_a_go_that_it_names": (
        "ev != t_authorize || (b_go && names_present_records)"
    ),
    "bootstrap_is_authorized_under_every_condition": (
        "!(entered && status == BOOTSTRAP_AUTHORIZED) || (b_go && b_authorized && !b_no_go"
        " && b_final_checks_passed && final_checks_recent && is_clear)"
    ),
    "bootstrap_is_authorized_after_the_whole_review": (
        "!(entered && status == BOOTSTRAP_AUTHORIZED)"
        " || (b_frozen && b_proceed && b_go_hold_reviewed)"
    ),
    "an_instruction_names_the_authorization": "ev != t_instruct || names_present_records",
    "the_scope_is_confirmed_after_the_instruction": (
        "(ev != t_instruct || !scope_reconfirmed) && (!(scope_reconfirmed && !b_scope_reconfirmed)"
        " || (ev == t_final_check_passed && b_instructed))"
    ),
    "the_network_starts_under_all_six_conditions": (
        "!(entered && status == NETWORK_STARTED) || (b_authorized && b_instructed"
        " && b_final_checks_passed && final_checks_recent && b_scope_reconfirmed && !b_no_go"
        " && is_clear)"
    ),
    "the_network_starts_within_its_window": (
        "!(entered && status == NETWORK_STARTED) || start_window_open"
    ),
    "nothing_starts_before_an_authorization_is_recorded": (
        "!(ev == t_instruct || ev == t_activate_first || ev == t_activate_next"
        " || ev == t_activate_last || (status >= NETWORK_STARTED && status <= NORMALIZED))"
        " || (b_authorized && b_go)"
    ),
    "roles_start_one_by_one_in_their_order": (
        "(ev != t_activate_first || (names_present_records && is_next_role))"
        " && (!(ev == t_activate_next || ev == t_activate_last)"
        " || (names_present_records && is_next_role && previous_step_observed))"
    ),
    "a_restart_names_its_anomaly": "ev != t_restart || names_present_records",
    "the_first_blocks_are_judged_with_all_roles": (
        "!(entered && status == EARLY_EPOCHS_ACTIVE) || b_all_roles_active"
    ),
    "the_posture_follows_a_finalized_epoch_and_an_observation": (
        "(ev != t_enter_posture || (b_first_epoch_finalized && b_observed))"
        " && (!(entered && status == RESTRICTED_POSTURE_ACTIVE) || (b_posture_entry && b_observed))"
    ),
    "the_exit_is_ready_after_the_least_time_and_an_observation": (
        "ev != t_exit_ready || (posture_interval_over && b_observed)"
    ),
    "an_exit_follows_its_readiness": "ev != t_exit_posture || b_exit_ready",
    "nothing_leaves_the_posture_without_the_exit_record": (
        "b_status != RESTRICTED_POSTURE_ACTIVE || !entered || status == ABORTED"
        " || (ev == t_normalize && b_exit_recorded && names_present_records && b_observed"
        " && is_clear)"
    ),
    "the_last_phase_is_entered_by_the_exit_record": (
        "phase != 8 || (b_phase == 8 && ev != t_exit_not_ready)"
        " || (b_phase != 8 && (ev == t_exit_posture || ev == t_normalize))"
    ),
    "after_the_start_only_an_abort_with_its_criterion_ends": (
        "!(was_started && entered && is_end)"
        " || (status == ABORTED && criterion_named && act == a_abort_started)"
    ),
    "a_window_that_ended_stays_so": (
        "was_running || (b_status == DEFERRED && entered && status == ABORTED)"
    ),
    "a_defer_leaves_the_scope_as_it_is": (
        "ev != t_defer || scope_invalidated == b_scope_invalidated"
    ),
    "after_the_start_broken_truth_stops_and_ends_nothing": (
        "ev != t_scope_invalidated || !was_started"
        " || (anomaly_open && scope_invalidated == b_scope_invalidated && !entered)"
    ),
    "what_does_not_pass_takes_back": (
        "(!(ev == t_final_check_not_passed || ev == t_scope_invalidated)"
        " || !(final_checks_passed || scope_reconfirmed))"
        " && (ev != t_go_hold_not_reviewed || !(proceed || go_hold_reviewed || go || authorized))"
        " && (ev != t_decide_no_go || !go)"
        " && (ev != t_observe_objection || !(observed || exit_ready))"
        " && (ev != t_exit_not_ready || !(exit_ready || exit_recorded))"
    ),
    "each_act_is_signed_by_those_who_may": (
        "(ev != t_decide_go || act == a_decide) && (ev != t_authorize || act == a_authorize)"
        " && (ev != t_instruct || act == a_instruct)"
        " && (ev != t_activate_first || act == a_activate)"
        " && (ev != t_defer || act == a_defer) && (ev != t_abort || act == (was_started ->"
        " a_abort_started : a_abort))"
    ),
    "one_holder_alone_leads_nowhere": (
        "!(act == a_anyone || act == a_a_verdict)"
        " || (!is_forward && (!entered || status == IN_FINAL_CHECKS))"
    ),
    "an_amendment_is_of_the_restricted_posture": (
        "ev != t_amend || b_status == RESTRICTED_POSTURE_ACTIVE"
    ),
}
"""Each as an expression over one step that took effect: `ev` is the trigger, `act` whose signatures
it took, `b_…` what was before it, `c_…` how many were open before it."""

ALWAYS_OPEN: Final = "defer_and_abort_are_open_until_the_start"
"""The one law of what takes effect: it is asked of every event, with effect or without."""


def model(
    table: Sequence[Row] = TABLE,
    most: int = 2,
    variants: Mapping[str, Sequence[Row]] | None = None,
    *,
    conditions: bool = False,
) -> str:
    """The whole model.

    Args:
        table: the transition table.
        most: so many holds, anomalies and blockers are open at most.
        variants: instead of one table several, each by a name; the model starts in any of them,
            and what is broken is printed with the name.
        conditions: instead of one table as many as it has conditions, each without one of them,
            by the names `ROW/CONDITION`; and the table itself, by the name `none`. All that
            happens is signed by those who may.
    """
    tables = variants or {"": table}
    without = [f"{row.id}/{need.id}" for row in table for need in row.needs] if conditions else []
    names = ["none", *without] if conditions else list(tables)
    triggers = get_args(Trigger)
    rows = [row for one in tables.values() for row in one]
    parts = [
        f"#define MOST {most}",
        *(f"#define {status} {place}" for status, place in PLACE.items()),
        *(f"#define t_{_name(trigger)} {n}" for n, trigger in enumerate(triggers, 1)),
        *(f"#define a_{_name(act)} {n}" for n, act in enumerate(_acts(), 1)),
        _MACROS,
        "byte status = OPEN; byte phase; byte variant;",
        *(f"bit {_name(fact)};" for fact in STORED if fact not in COUNTED),
        *(f"byte n_{_name(fact)};" for fact in COUNTED),
        *(f"#define {_name(fact)} (n_{_name(fact)} > 0)" for fact in COUNTED),
        "/* The event, and what was before it: 0 between two events. */",
        "byte ev; byte act; bit allowed; bit fired; byte b_status; byte b_phase;",
        *(f"bit {_name(fact)};" for fact in MOMENT),
        *(f"bit b_{_name(fact)};" for fact in STORED),
        *(f"byte c_{_name(fact)};" for fact in COUNTED),
        _print_states(names),
        "inline take_effect() {\n  if",
        *(_of_trigger(trigger, tables, without) for trigger in triggers),
        "  fi\n}",
        "inline laws() {",
        *(_law(number, f"!fired || ({law})") for number, law in enumerate(LAWS.values())),
        _law(
            len(LAWS),
            "b_status >= NETWORK_STARTED || !allowed || !(ev == t_defer || ev == t_abort)"
            " || status == (ev == t_defer -> DEFERRED : ABORTED)",
        ),
        "}",
        "active proctype window() {",
        f"  select(variant : 0 .. {len(names) - 1}); skip;",
        "  d_step { c_code { note_state(); } }",
        "  do\n  :: atomic {\n    if",
        *(_event(trigger, rows) for trigger in triggers),
        "    fi;",
        "    allowed = 1;" if conditions else "    if :: allowed = 1 :: allowed = 0 fi;",
        "    d_step {",
        "      b_status = status; b_phase = phase;",
        *(f"      b_{_name(fact)} = {_name(fact)};" for fact in STORED),
        *(f"      c_{_name(fact)} = n_{_name(fact)};" for fact in COUNTED),
        "      take_effect(); laws();",
        "      c_code { note_state(); }",
        "      ev = 0; act = 0; allowed = 0; fired = 0; b_status = 0; b_phase = 0;",
        *(f"      {_name(fact)} = 0;" for fact in MOMENT),
        *(f"      b_{_name(fact)} = 0;" for fact in STORED),
        *(f"      c_{_name(fact)} = 0;" for fact in COUNTED),
        "    }\n  }\n  od\n}",
    ]
    return "\n".join(parts) + "\n"


def _name(text: str) -> str:
    return text.replace("-", "_")


def _acts() -> list[str]:
    return [act for part in get_args(SignedBy) for act in get_args(part)]


def _law(number: int, law: str) -> str:
    note = f"c_code {{ note_broken({number}); }}"
    once = "if :: c_expr { is_new } -> assert(false) :: else fi"
    return f"  if :: ({law}) :: else -> {note}; {once} fi;"


def _event(trigger: Trigger, rows: Iterable[Row]) -> str:
    """An event: the trigger, with and without each fact that one of its rows looks at."""
    needed = {need.fact for row in rows if row.trigger == trigger for need in row.needs}
    chosen = "".join(f" if :: {_name(fact)} = 1 :: skip fi;" for fact in MOMENT if fact in needed)
    return f"    :: ev = t_{_name(trigger)};{chosen}"


def _of_trigger(
    trigger: Trigger, tables: Mapping[str, Sequence[Row]], without: Sequence[str]
) -> str:
    """What an event does: the first row that is possible, in the table of each variant."""
    chains: dict[str, list[int]] = {}
    for number, table in enumerate(tables.values()):
        own = [row for row in table if row.trigger == trigger]
        chain = "".join(
            f"    if :: {_guard(row, without)} -> {_effects(row)}\n    :: else ->\n" for row in own
        )
        chain += "    skip\n" + "    fi\n" * len(own)
        chains.setdefault(chain, []).append(number)
    if len(chains) == 1:
        return f"  :: ev == t_{_name(trigger)} ->\n{next(iter(chains))}"
    usual = max(chains, key=lambda chain: len(chains[chain]))
    found = f"  :: ev == t_{_name(trigger)} ->\n    if\n"
    for chain, numbers in chains.items():
        if chain != usual:
            which = " || ".join(f"variant == {number}" for number in numbers)
            found += f"    :: {which} ->\n{chain}"
    return f"{found}    :: else ->\n{usual}    fi\n"


def _guard(row: Row, without: Sequence[str]) -> str:
    where = " || ".join(f"status == {status}" for status in row.possible_in)
    needs = []
    for need in row.needs:
        holds = f"{'' if need.wanted else '!'}{_name(need.fact)}"
        name = f"{row.id}/{need.id}"
        is_one = name in without
        needs.append(f"(variant == {without.index(name) + 1} || {holds})" if is_one else holds)
    bounds = [f"n_{_name(fact)} < MOST" for fact in COUNTED if fact in row.sets]
    return " && ".join((f"allowed && ({where})", *needs, *bounds))


def _effects(row: Row) -> str:
    done = [f"fired = 1; act = a_{_name(row.act)};"]
    for fact in row.clears:
        name = _name(fact)
        closes = f"n_{name} = (n_{name} > 0 -> n_{name} - 1 : 0);"
        done.append(closes if fact in COUNTED else f"{name} = 0;")
    for fact in row.sets:
        name = _name(fact)
        done.append(f"n_{name} = n_{name} + 1;" if fact in COUNTED else f"{name} = 1;")
    if row.enters:
        done.append(f"status = {row.enters};")
    if row.phase >= 0:
        done.append(f"phase = {row.phase};")
    return " ".join(done)


def _print_states(names: Sequence[str]) -> str:
    """C that the verifier runs at each state: it prints those of the first table, each once."""
    values = (
        f"now.n_{_name(fact)} > 0" if fact in COUNTED else f"now.{_name(fact)}" for fact in STORED
    )
    bits = " | ".join(
        f"((unsigned long)({value}) << {place})" for place, value in enumerate(values)
    )
    counts = ", ".join(f"(int) now.n_{_name(fact)}" for fact in COUNTED)
    key = "(bits << 16) | (now.status << 12) | (now.phase << 8)" + "".join(
        f" | (now.n_{_name(fact)} << {2 * place})" for place, fact in enumerate(COUNTED)
    )
    listed = ", ".join(f'"{name}"' for name in names)
    laws = ", ".join(f'"{name}"' for name in (*LAWS, ALWAYS_OPEN))
    return f"""\
c_decl {{
  static const char *variants[] = {{ {listed} }};
  static const char *names[] = {{ {laws} }};
  static unsigned long seen[1 << 20];
  static char is_broken[{len(names)}][{len(LAWS) + 1}], is_new;
}}
c_code {{
  static void note_broken(int law) {{
    is_new = !is_broken[now.variant][law];
    is_broken[now.variant][law] = 1;
    if (is_new) printf("broken %s %s\\n", names[law], variants[now.variant]);
  }}
  static void note_state(void) {{
    unsigned long bits = {bits};
    unsigned long key = ({key}) + 1, place = (key * 0x9E3779B97F4A7C15ul) >> 44;
    if (now.variant) return;
    while (seen[place] && seen[place] != key) place = (place + 1) & 0xFFFFF;
    if (seen[place]) return;
    seen[place] = key;
    printf("state %d %d %lu %d %d %d\\n", (int) now.status, (int) now.phase, bits, {counts});
  }}
}}"""


def main() -> int:
    """Print the model; returns the exit code."""
    sys.stdout.write(model())
    return 0


if __name__ == "__main__":
    sys.exit(main())
