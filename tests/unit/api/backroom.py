"""A desk on a real store, with nothing on its floor."""

from market_maker.model.money import MoneyFlow
from market_maker.service.audit import AuditTrail
from market_maker.service.backroom import Backroom
from market_maker.service.desk import desk_of
from market_maker.service.floor import Floor
from market_maker.service.recorder import Recorder
from market_maker.venues.instruments import SandboxInstruments
from tests.unit.service.no_wallet import NoWallet


class Unwatched:
    """floor.Observer: nobody measures."""

    def turned(self, symbol, turn_ns, waiting):
        pass

    def lagged(self, lag_ns):
        pass

    def broke(self, symbol, failure, trace):
        pass


class Unnamed:
    """recorder.Naming: no order was ever sent."""

    def client_order_id(self, symbol, order_id):
        raise AssertionError(symbol, order_id)


async def unconnected(opening):
    raise AssertionError(opening)


def make_desk(store, clock, wallet=None):
    trail = AuditTrail(store, clock)
    recorder = Recorder(store, trail, clock, Unnamed())
    floor = Floor(clock, recorder, unconnected, Unwatched(), shadow=False)
    back = Backroom(store, trail, floor, SandboxInstruments(), clock, require_halt_review=False)
    desk = desk_of(back, recorder, wallet or NoWallet(), MoneyFlow.OWN_ACCOUNTS)
    return desk, trail, recorder
