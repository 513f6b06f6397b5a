"""The shutdown protocol of SOP 8.2: no new orders, bulk cancels, the venue's proof, final state."""

import asyncio

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.model.errors import VenueError
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE, Nanos, Value
from market_maker.risk.guards import DRAWDOWN
from market_maker.standalone.ending import MakerEnd
from market_maker.standalone.maker_parts import MakerParts, RunMode
from market_maker.standalone.stopping import MakerStop
from market_maker.venues.hyperliquid.own_orders import Sweeping, cancel_own

WITHIN_S = 25.0
"""From the start of the shutdown to its end, whatever the venue does."""

PROOF_S = 8.0
"""How long the engine waits for the venue's word before the bulk cancels."""

DEAD_AFTER = Nanos(7 * NANOS_PER_SECOND)
"""An order that was sent so long ago is on the venue's list or will never be: it expires."""

RETRY_S = 1.0
TRY_S = 3.0
"""One try has so long, also when the time of the shutdown is over."""

FLUSH_S = 3.0


async def shut_down(parts: MakerParts, stop: MakerStop, *, broken: str) -> MakerEnd:
    """Stop quoting, cancel, prove it and log the final state. Never raises a VenueError."""
    log, runner, reason = parts.log, parts.runner, stop.reason
    began = parts.clock.now()
    deadline = Nanos(began + int(WITHIN_S * NANOS_PER_SECOND))
    state, cause = runner.state, runner.reason
    log.info("=== GRACEFUL SHUTDOWN INITIATED ===", reason=reason)
    parts.host.closing = True
    parts.host.pause_all(reason)
    engine_proved = await parts.host.proved([runner], PROOF_S)
    swept = await _swept(parts, deadline)
    if parts.mode is RunMode.PAPER:
        engine_proved = True
    waited = parts.clock.now() - began
    if not engine_proved and waited < DEAD_AFTER:
        await asyncio.sleep((DEAD_AFTER - waited) / NANOS_PER_SECOND)
        swept = await _swept(parts, deadline)
    proved = swept is not None and not swept.left
    _final_state(parts, runner.snapshot(), state, cause)
    await parts.intent_log.flushed(FLUSH_S)
    await parts.recorder.flushed(FLUSH_S)
    if not proved:
        log.error("ORDERS MAY BE OPEN: check with `market_maker status --cancel-orphans`")
    log.info("=== GRACEFUL SHUTDOWN COMPLETE ===")
    log.info("Market maker stopped.")
    said = reason if stop.unfit else cause
    return MakerEnd(state, said, proved, asked=stop.asked, broken=broken, unfit=stop.unfit)


async def _swept(parts: MakerParts, deadline: Nanos) -> Sweeping | None:
    """Three rounds of bulk cancels and the venue's list; None where it did not answer in time."""
    session, log = parts.opened.session, parts.log
    if parts.mode is RunMode.PAPER:
        return Sweeping((), (), ())
    resting = len(parts.runner.open_orders())
    if resting:
        said = f"Bulk cancelling {resting} resting orders..."
        log.info(said)
    else:
        log.info("No resting orders to cancel")
    while True:
        try:
            # Our own weight may be used up by questions: waiting for it must not outlast us.
            async with asyncio.timeout(max(_left_s(deadline, parts.clock.now()), TRY_S)):
                swept = await cancel_own(
                    session.connection, session.universe, session.trader, [parts.coin]
                )
        except (VenueError, TimeoutError) as error:
            problem = str(error) or "no answer in time"
            log.warning("Bulk cancel not answered", problem=problem)
            if parts.clock.now() >= deadline:
                return None
            await asyncio.sleep(RETRY_S)
            continue
        fields = {"cancelled": len(swept.cancelled), "left": len(swept.left)}
        log.info("Bulk cancel completed", **fields, rounds=swept.rounds)
        if swept.foreign:
            log.warning("Orders of others left alone", orders=len(swept.foreign))
        if not swept.left or parts.clock.now() >= deadline:
            return swept


def _left_s(deadline: Nanos, now: Nanos) -> float:
    """Until then, seconds."""
    return (deadline - now) / NANOS_PER_SECOND


def _final_state(parts: MakerParts, seen: EngineSnapshot, state: PoolState, cause: str) -> None:
    log, instrument = parts.log, parts.ready.instrument

    def money(value: int) -> str:
        return f"{instrument.money(Value(value)):.4f}"

    mid = instrument.price(seen.mid_x2) / 2
    position = instrument.quantity(seen.position)
    log.info(
        "Final position state",
        position=str(position),
        mid_price=str(mid),
        position_value=f"{abs(position * mid):.2f}",
    )
    drawdown = next((one.value for one in seen.guards if one.name == DRAWDOWN), 0)
    log.info(
        "Final P&L",
        daily_pnl=money(seen.net),
        realized=money(seen.realised),
        unrealized=money(seen.unrealised),
        fees=money(seen.fees),
        funding=money(seen.funding),
        drawdown_pct=round(drawdown / RATE_SCALE, 4),
    )
    log.info(
        "Adverse selection summary",
        fills_measured=max((row.count for row in seen.markouts), default=0),
        realized_as_bps=estimate_of(seen, "adverse_selection"),
        fills=seen.counters.fills,
    )
    log.info(
        "Liquidation cascade summary",
        cascades_detected=parts.run_log.tally.cascades,
        cascade_severity=estimate_of(seen, "cascade_severity"),
    )
    deepest = max(drawdown, parts.run_log.tally.drawdown) / RATE_SCALE
    session = {"daily_pnl": money(seen.net), "max_drawdown": round(deepest, 4)}
    if state is PoolState.HALTED:
        log.warning("Kill switch was triggered during session", cause=cause, **session)
    else:
        log.info("Kill switch was NOT triggered", **session)


def estimate_of(seen: EngineSnapshot, name: str) -> float | None:
    """What is measured now, in its own unit; None while it is not."""
    found = next((one.value for one in seen.estimates if one.name == name), None)
    return None if found is None else round(found, 4)
