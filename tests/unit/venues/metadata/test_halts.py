import itertools

from market_maker.model.events import InstrumentStatus
from market_maker.ports import NEVER
from market_maker.venues.metadata.halts import JoinedHalts


class Streamed:
    """A venue whose stream says what a test lets it say."""

    def __init__(self):
        self.waiting, self.asked = [], 0

    def poll(self, _now):
        taken, self.waiting = self.waiting, []
        return taken

    def due(self, now):
        return now if self.waiting else NEVER

    def request_snapshot(self, _now):
        self.asked += 1


class Sources:
    """Both, and what an engine takes from them."""

    def __init__(self):
        self.stream, self.listed, self.taken = Streamed(), False, False
        self.joined = JoinedHalts(self.stream, lambda: self.listed)

    def step(self, now=1):
        if self.joined.due(now) > now:
            return
        for event in self.joined.poll(now):
            if isinstance(event, InstrumentStatus):
                self.taken = event.halted


def test_an_engine_sees_a_halt_while_either_source_says_so():
    for moves in itertools.product(itertools.product(["list", "stream"], [True, False]), repeat=4):
        sources, streamed = Sources(), False
        for source, halted in moves:
            if source == "list":
                sources.listed = halted
            else:
                streamed = halted
                sources.stream.waiting.append(InstrumentStatus(1, halted))
            sources.step()
            assert sources.taken is (streamed or sources.listed)


def test_other_events_pass_and_snapshots_are_asked_for():
    sources = Sources()
    sources.stream.waiting = ["a book", "a trade"]
    assert sources.joined.poll(1) == ["a book", "a trade"]
    assert sources.joined.due(1) == NEVER
    sources.joined.request_snapshot(1)
    assert sources.stream.asked == 1
