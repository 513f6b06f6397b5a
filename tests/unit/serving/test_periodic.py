"""An outage is one line when it begins and one when it ends."""

from market_maker.serving.periodic import Outage


class Lines:
    def __init__(self):
        self.written = []

    def warning(self, event, **fields):
        self.written.append((event, fields))

    info = warning


def test_an_outage_is_said_when_it_begins_changes_and_ends():
    log = Lines()
    outage = Outage(log, "relay")
    outage.worked()
    for problem in ("away", "away", "away", "full"):
        outage.failed(problem)
    outage.worked()
    outage.worked()
    assert log.written == [
        ("background work failed", {"work": "relay", "problem": "away"}),
        ("background work failed", {"work": "relay", "problem": "full"}),
        ("background work resumed", {"work": "relay", "failures": 4}),
    ]
