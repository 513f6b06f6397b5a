"""The maker's reading for its metrics: as it stands when they are asked for."""

from collections.abc import Iterator

from market_maker.model.lifecycle import PoolState
from market_maker.model.units import Nanos
from market_maker.standalone.maker_parts import MakerParts
from market_maker.telemetry.maker_page import MakerReading


def maker_readings(parts: MakerParts, since: Nanos) -> Iterator[MakerReading]:
    """One, while the engine is there. since: when the maker began."""
    for runner in parts.host.runners():
        instrument = runner.instrument
        limit = sum(member.position_limit_usdt for member in runner.config.members)
        mid = instrument.price(runner.mid_x2) / 2 or parts.ready.mark
        yield MakerReading(
            asset=parts.coin,
            quote=parts.ready.funds.collateral,
            instrument=instrument,
            snapshot=runner.snapshot(),
            since=since,
            now=parts.clock.now(),
            max_position=int(limit / mid / instrument.lot_size),
            cycle_ns=runner.turn_ns,
            killed=runner.state is PoolState.HALTED,
        )
