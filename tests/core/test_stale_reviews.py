"""What a final check shows of advisories that were read too long ago."""

from __future__ import annotations

from tests.final_check_builders import HOUR, MINUTE, SAID, answer_all, final, frozen, review, row
from tests.final_check_builders import blocker as opened


def test_of_several_stale_reviews_the_newest_is_shown():
    launch = frozen()
    review(launch, by="sonia", at=SAID)
    review(launch, by="sonia", at=SAID + MINUTE, note="again")
    found = row(final(launch, at=SAID + 3 * HOUR), "advisory-review")
    assert [n.code for n in found.notices] == ["check-stale"]


def test_a_finding_says_when_a_blocker_was_opened_and_a_review_was_made():
    launch = frozen()
    answer_all(launch)
    opened(launch, at=SAID)
    review(launch, "blocking", at=SAID + MINUTE)
    concluded = final(launch, at=SAID + 5 * MINUTE)
    # `SAID` is ten minutes after the window opened, at 18:00.
    (finding,) = row(concluded, "advisory-review").findings
    assert "2026-01-15 18:11 UTC" in finding.message
    messages = [f.message for f in row(concluded, "blocker-review").findings]
    assert any("2026-01-15 18:10 UTC" in message for message in messages)
