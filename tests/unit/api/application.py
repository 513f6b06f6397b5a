"""An application on a real store, with nothing on its engine_host."""

from market_maker.application import application_of
from market_maker.execution.alarms import Alarms
from market_maker.execution.engine_host import EngineHost
from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.recorder import Recorder
from market_maker.model.errors import NotFoundError
from market_maker.model.money import MoneyFlow
from market_maker.operations.controls import Controls
from market_maker.operations.preview import preview
from market_maker.venues.instruments import SandboxInstruments
from tests.support.no_wallet import NoWallet
from tests.support.office import PATIENCE_S


class Unwatched:
    """engine_host.Observer: nothing is measured."""

    def turned(self, symbol, turn_ns, waiting):
        pass

    def lagged(self, lag_ns):
        pass

    def broke(self, symbol, failure, trace):
        pass


async def unconnected(opening):
    raise AssertionError(opening)


def make_application(store, clock, wallet=None):
    trail = AuditTrail(store, clock)
    recorder = Recorder(store, trail, clock)
    engine_host = EngineHost(clock, recorder, unconnected, Unwatched(), Alarms(), shadow=False)
    pools = RunningPools(store, engine_host, SandboxInstruments())
    parts = (store, trail, clock, pools, recorder)
    application = application_of(
        store=store,
        trail=trail,
        clock=clock,
        pools=pools,
        controls=Controls(
            *parts, host=engine_host, require_halt_review=False, recorded_within_s=PATIENCE_S
        ),
        wallet=wallet or NoWallet(),
        money_flow=MoneyFlow.OWN_ACCOUNTS,
    )
    return application, trail, recorder


async def unexplained(symbol, meant):
    """Services.explain where there is no journal."""
    raise NotFoundError("journal", f"of {symbol} at {meant}")


async def previewed(instrument, config, moment):
    """Services.preview, in this process."""
    return preview(instrument, config, moment)
