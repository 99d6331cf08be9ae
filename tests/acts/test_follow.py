"""Following a launch: read again after a change, once it is quiet, and at an interval."""

from aztrust.acts.follow import FollowPace, follow

PACE = FollowPace(interval=60, quiet=0.5, tick=0.25)


class Scripted:
    """Changes from a list; waiting moves the clock, and no time passes otherwise."""

    def __init__(self, changes):
        self.now = 0.0
        self.changes = list(changes)
        self.gone = []
        self.waits = []

    def next(self, seconds):
        self.waits.append(seconds)
        if self.changes:
            change = self.changes.pop(0)
            if change is not None:
                return change
        self.now += seconds
        return None

    def rearm(self):
        return (self.gone.pop(0),) if self.gone else ()

    def clock(self):
        return self.now


def test_the_first_reading_is_always_given_and_an_equal_one_is_not():
    script = Scripted([])
    readings = iter([1, 1, 1, 2])
    found = follow(script, lambda: next(readings), lambda value: value, PACE, script.clock)
    assert next(found) == 1
    assert script.now == 0
    assert next(found) == 2
    assert script.now == 180


def test_a_change_is_read_at_once_when_it_is_quiet():
    script = Scripted([None, "a", "b", "c"])
    readings = iter([1, 2])
    found = follow(script, lambda: next(readings), lambda value: value, PACE, script.clock)
    assert [next(found), next(found)] == [1, 2]
    # One tick before the change, then the quiet after its last part.
    assert script.now == PACE.tick + PACE.quiet
    assert script.waits.count(PACE.quiet) == 3


def test_a_place_that_is_made_anew_is_a_change():
    script = Scripted([])
    script.gone = ["manifests"]
    readings = iter([1, 2])
    found = follow(script, lambda: next(readings), lambda value: value, PACE, script.clock)
    assert [next(found), next(found)] == [1, 2]
    assert script.now == PACE.tick + PACE.quiet


def test_changes_without_end_are_read_at_the_interval():
    class Restless(Scripted):
        def next(self, seconds):
            self.now += 0.1
            return "again"

    script = Restless([])
    readings = iter([1, 2])
    found = follow(script, lambda: next(readings), lambda value: value, PACE, script.clock)
    assert [next(found), next(found)] == [1, 2]
    assert PACE.interval <= script.now < PACE.interval + 1
