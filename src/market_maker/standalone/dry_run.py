"""A dry run: connect, warm up, show the ladder that would be placed and how it was found.

The engine runs as in a session, with no way for orders to leave. Nothing is changed at the venue:
no leverage is set and no order is cancelled.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.execution.pool_runner import PoolRunner
from market_maker.execution.supervisor import guarded
from market_maker.journaling.audit import AuditEntry
from market_maker.model.account import LeverageSetting
from market_maker.model.errors import MakerError, VenueUnavailableError
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Order, Side
from market_maker.model.units import BPS
from market_maker.ports import Clock
from market_maker.standalone.account_report import account_report, orphans
from market_maker.standalone.log_output import MakerLogger
from market_maker.standalone.maker import OPERATOR
from market_maker.standalone.maker_parts import MakerParts, RunMode, maker_parts, open_pool
from market_maker.standalone.session import ReadyMaker, ready_to_run, tell_start
from market_maker.standalone.session_store import new_session
from market_maker.standalone.settings import MakerSettings

WITHIN_S = 120.0
POLL_S = 0.1
RULE = "-" * 78


async def dry_run(
    settings: MakerSettings,
    clock: Clock,
    log: MakerLogger,
    say: Callable[[str], None],
    within_s: float = WITHIN_S,
) -> None:
    """Show everything; `say` is given each line. Raises what would keep the maker from starting,
    and VenueUnavailableError where the market was too quiet to warm up within `within_s`."""
    async with ready_to_run(settings, clock, log, RunMode.DRY) as ready:
        tell_start(ready, log, RunMode.DRY)
        for line in await _before(ready):
            say(line)
        folder = new_session(ready.folder, clock.now())
        parts = await maker_parts(
            settings, ready.opened, ready.ready, clock, log, folder=folder, mode=RunMode.DRY
        )
        try:
            seen, runner = await _warmed(parts, within_s)
        except* MakerError as errors:
            raise errors.exceptions[0] from None
        finally:
            await parts.database.close()
        for line in ladder_lines(parts, runner, seen):
            say(line)


async def _before(ready: ReadyMaker) -> list[str]:
    """What a run would do first."""
    done, opened = ready.ready, ready.opened
    report = await account_report(ready.settings, opened)
    lines = []
    if report.leverage != done.leverage:
        lines.append(
            f"would set leverage {_leverage(report.leverage)} -> {_leverage(done.leverage)}"
        )
    lines += [
        f"would cancel {order.side} {order.size} @ {order.price} of an earlier run"
        for order in orphans(report)
        if order.coin == opened.market.coin
    ]
    return lines


def _leverage(setting: LeverageSetting) -> str:
    return f"{setting.leverage}x {'isolated' if setting.isolated else 'cross'}"


async def _warmed(parts: MakerParts, within_s: float) -> tuple[EngineSnapshot, PoolRunner]:
    broken: list[str] = []
    async with asyncio.TaskGroup() as group:
        works: list[Awaitable[None]] = [
            parts.recorder.run(),
            parts.journals.run(),
            parts.opened.session.connection.run(),
            parts.line.market.run(),
            parts.host.run(),
        ]
        tasks = [
            group.create_task(guarded(work, lambda failure, _trace: broken.append(failure)))
            for work in works
        ]
        await parts.line.market.running.wait()
        runner = await open_pool(parts)
        try:
            seen = await _quoted(parts, runner, within_s)
        finally:
            for task in tasks:
                task.cancel()
    return seen, runner


async def _quoted(parts: MakerParts, runner: PoolRunner, within_s: float) -> EngineSnapshot:
    try:
        async with asyncio.timeout(within_s):
            await _until(lambda: runner.sighted)
            symbol = runner.instrument.symbol
            entry = AuditEntry(caller=OPERATOR, action="pool.enable", target=symbol, reason="")
            parts.host.command(symbol, Command.ENABLE, entry)
            await _until(lambda: bool(runner.snapshot().simulated))
    except TimeoutError:
        seen = runner.snapshot()
        wants = [f"{have}/{want} {name}" for name, have, want in seen.warmup]
        why = runner.cause() or f"{seen.bid.reason.value} ({', '.join(wants)})"
        raise VenueUnavailableError(f"no ladder within {within_s:.0f} s: {why}") from None
    return runner.snapshot()


async def _until(happened: Callable[[], bool]) -> None:
    # The engine is stepped by another task, which reports to no caller.
    while not happened():  # noqa: ASYNC110
        await asyncio.sleep(POLL_S)


def ladder_lines(parts: MakerParts, runner: PoolRunner, seen: EngineSnapshot) -> Iterator[str]:
    """The ladder with its arithmetic, for people."""
    instrument, config = runner.instrument, runner.config
    estimates = {line.name: line.value for line in seen.estimates if line.value is not None}
    tick, mid = float(instrument.tick_size), seen.mid_x2 / 2
    yield RULE
    yield (
        f"DRY RUN {parts.coin}: nothing was sent; book {instrument.price(seen.best_bid)} / "
        f"{instrument.price(seen.best_ask)}"
    )
    fair = f"{seen.fair_ticks * tick:.6g}"
    yield f"fair        {fair}  ({seen.fair_source}; mid {mid * tick:.6g})"
    yield (
        f"gamma       {config.gamma:.4f} = {parts.settings.risk_aversion} x "
        f"{parts.settings.max_position_value} / {config.members[0].position_limit_usdt:.2f}; "
        f"factors {_factors(estimates)}"
    )
    kappa = estimates.get("kappa_hat")
    measured = "not measured yet" if kappa is None else f"{kappa * 10:.3f} measured"
    yield f"kappa       {config.kappa} per 10 bps, {measured}"
    window = config.vol_lookback_seconds
    yield f"sigma       {seen.sigma_bps:.2f} bps per sqrt(hour) over {window} s"
    yield (
        f"spread      {seen.spread_bps:.2f} bps ({seen.clamp}), floor {seen.spread_floor_bps:.2f}"
    )
    position = instrument.quantity(seen.position)
    yield f"skew        {seen.shift_bps:+.2f} bps for a position of {position}"
    yield (
        f"size        {config.order_size_usdt:.2f} a level = {parts.ready.size.side_value:.2f} a "
        f"side / {config.num_levels} levels"
    )
    yield f"{'side':4}  {'price':>12}  {'size':>12}  {'value':>10}  {'from mid':>10}"
    for order in sorted(seen.simulated, key=lambda one: -one.price):
        yield _order_line(parts, order, mid)
    yield RULE


def _order_line(parts: MakerParts, order: Order, mid: float) -> str:
    instrument = parts.ready.instrument
    price, size = instrument.price(order.price), instrument.quantity(order.size)
    away = (order.price - mid) / mid * BPS if mid else 0.0
    side = "BUY" if order.side is Side.BUY else "SELL"
    shown = f"{price.normalize():f}"
    return f"{side:4}  {shown:>12}  {size:>12}  {price * size:>10.2f}  {away:>+6.2f} bps"


def _factors(estimates: dict[str, float]) -> str:
    """The factors on gamma that are known."""
    names = ("toxicity_factor", "inventory_factor", "tail_factor")
    found = [
        f"{name.partition('_')[0]} {estimates[name]:.2f}" for name in names if name in estimates
    ]
    return ", ".join(found) or "1"
