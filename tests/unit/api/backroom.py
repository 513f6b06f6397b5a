"""A application on a real store, with nothing on its engine_host."""

from market_maker.application import application_of
from market_maker.execution.backroom import Backroom
from market_maker.execution.engine_host import EngineHost
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.recorder import Recorder
from market_maker.model.money import MoneyFlow
from market_maker.venues.instruments import SandboxInstruments
from tests.support.no_wallet import NoWallet


class Unwatched:
    """engine_host.Observer: nobody measures."""

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
    engine_host = EngineHost(clock, recorder, unconnected, Unwatched(), shadow=False)
    back = Backroom(
        store, trail, engine_host, SandboxInstruments(), clock, require_halt_review=False
    )
    application = application_of(back, recorder, wallet or NoWallet(), MoneyFlow.OWN_ACCOUNTS)
    return application, trail, recorder
