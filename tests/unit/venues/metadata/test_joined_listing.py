import itertools
from decimal import Decimal

from msgspec.structs import replace

from market_maker.model.events import InstrumentStatus, LimitsChanged
from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.ports import NEVER
from market_maker.venues.metadata.joined_listing import JoinedListing


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


BTC = Instrument("BTC", Decimal(1), Decimal(1))


class Sources:
    """Both, and what an engine takes from them."""

    def __init__(self):
        self.stream, self.listed, self.taken = Streamed(), False, False
        self.instrument, self.limits = BTC, []
        self.joined = JoinedListing(self.stream, self, BTC)

    def find(self, symbol):
        assert symbol == BTC.symbol
        return self.instrument

    def is_halted(self, symbol):
        assert symbol == BTC.symbol
        return self.listed

    def relist(self, **fields):
        self.instrument = replace(self.instrument, **fields)

    def step(self, now=1):
        if self.joined.due(now) > now:
            return
        for event in self.joined.poll(now):
            if isinstance(event, InstrumentStatus):
                self.taken = event.halted
            if isinstance(event, LimitsChanged):
                self.limits.append(event)


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


FEW, FEWER = InstrumentLimits(max_open_orders=9), InstrumentLimits(max_open_orders=5)


def test_new_limits_reach_the_engine_once_each():
    sources = Sources()
    sources.step()
    for now, limits in enumerate((FEW, FEW, FEWER), start=1):
        sources.relist(limits=limits)
        sources.step(now)
        sources.step(now)
    assert sources.limits == [LimitsChanged(1, FEW), LimitsChanged(3, FEWER)]


def test_another_price_or_fee_in_the_list_is_no_news():
    sources = Sources()
    sources.relist(maker_fee_bps=Decimal(1))
    assert sources.joined.due(1) == NEVER
    assert sources.joined.poll(1) == []


def test_limits_of_another_grid_wait_for_an_engine_on_it():
    """Their lots are other sizes."""
    sources = Sources()
    sources.relist(limits=FEW, lot_size=Decimal(2))
    assert sources.joined.due(1) == NEVER
    sources.relist(lot_size=Decimal(1))
    sources.step()
    assert sources.limits == [LimitsChanged(1, FEW)]


def test_an_instrument_that_is_gone_from_the_list_keeps_its_limits():
    sources = Sources()
    sources.instrument = None
    assert sources.joined.due(1) == NEVER
