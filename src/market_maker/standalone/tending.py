"""What goes on beside quoting: sizes kept within what the account allows, caution that fades,
isolated margin after the first fill, the venue's dead man's switch, troubles, a line a minute."""

import asyncio
import resource
from collections.abc import Callable
from decimal import Decimal

from market_maker.model.account import DeadManState
from market_maker.model.errors import DomainError, VenueError
from market_maker.model.units import BPS, NANOS_PER_MS, NANOS_PER_SECOND, Nanos, Value
from market_maker.standalone.action_pace import ActionPace
from market_maker.standalone.maker_parts import MakerParts, RunMode
from market_maker.standalone.pool_of_one import pool_config
from market_maker.standalone.shutdown import estimate_of
from market_maker.standalone.sizing import Capacity, MakerSize, differs, sized
from market_maker.standalone.symptoms import SessionReading, Symptoms
from market_maker.venues.hyperliquid.dead_man import keep_wound
from market_maker.venues.hyperliquid.isolated_margin import add_after_fill

CHECK_INTERVAL_S = 15.0
ASKS_EVERY = 4
"""Checks between two questions about money and open interest: they weigh 82 of 1,200 a minute."""

CHANGE = Decimal("0.05")
"""Sizes that moved by less stay as they are: a change cancels orders."""

CAUTION_MAX = Decimal(2)
CAUTION_STEP = Decimal("0.1")
EXPIRY_WARNED_S = (86_400, 3_600, 600)
EXPIRY_KEPT_S = 60
"""Before an agent's key expires the session ends: afterwards no cancel is taken, either."""

YOUNG_FOR = Nanos(120 * NANOS_PER_SECOND)
"""Of two makers of one market the one that began last leaves, by its own age: neither knows the
other's."""

SECOND_MAKER_EVERY_S = 0.5
MINUTE_S = 60.0
SYMPTOMS_EVERY_S = 10.0
_KIB_PER_MIB = 1024


def caution(elapsed: Nanos, decay_secs: int) -> Decimal:
    """Factor on the risk aversion so long after the first quote: from 2 to 1, in steps."""
    if not decay_secs:
        return Decimal(1)
    left = 1 - Decimal(elapsed) / (decay_secs * NANOS_PER_SECOND)
    steps = (max(left, Decimal(0)) / CAUTION_STEP).to_integral_value()
    return 1 + (CAUTION_MAX - 1) * steps * CAUTION_STEP


class SizeKeeper:
    """Brings the pool's configuration in line with the account, while it runs."""

    def __init__(self, parts: MakerParts) -> None:
        self._parts = parts
        self._size: MakerSize = parts.ready.size
        self._notes: tuple[str, ...] = ()
        self._equity, self._factor = parts.ready.funds.equity, parts.ready.room.size_factor
        self._caution, self._version = Decimal(1), parts.ready.config.version
        self._quoting_since: Nanos | None = None
        self._pace = ActionPace()
        self._trouble = ""

    def began(self) -> None:
        """The first quote is due."""
        self._quoting_since = self._parts.clock.now()

    async def run(self) -> None:
        """Check until cancelled."""
        checks = 0
        while True:
            if checks % ASKS_EVERY == ASKS_EVERY - 1:
                await self._ask()
            self.resize()
            checks += 1
            await asyncio.sleep(CHECK_INTERVAL_S)

    async def _ask(self) -> None:
        parts, account = self._parts, self._parts.opened.session.account
        try:
            self._equity = (await account.funds(parts.coin)).equity
            room = await account.open_interest(parts.coin)
        except VenueError as error:
            self._say_new("Account not read: sizes stay", problem=str(error))
            return
        self._factor = room.size_factor
        if room.near:
            self._say_new(
                "HIP-3 OI cap near capacity" if room.size_factor else "HIP-3 OI cap reached",
                oi_cap_usd=str(room.cap),
                open_interest_usd=f"{room.used:.2f}",
                size_factor=f"{room.size_factor:.3f}",
            )
        else:
            self._trouble = ""

    def _say_new(self, trouble: str, **fields: str) -> None:
        """One line for a trouble that is another than at the last check."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._parts.log.warning(trouble, **fields)

    def resize(self) -> None:
        """Compare the size, caution and pace wanted now with those in force; configure the pool
        where they differ."""
        parts = self._parts
        mark = parts.runner.instrument.price(parts.runner.mid_x2) / 2 or parts.ready.mark
        since = self._quoting_since
        careful = Decimal(1)
        if since is not None:
            elapsed = Nanos(parts.clock.now() - since)
            careful = caution(elapsed, parts.settings.warmup_decay_secs)
        capacity = Capacity(
            self._equity, parts.ready.leverage.leverage, mark, max(self._factor, Decimal("0.01"))
        )
        try:
            size = sized(parts.settings, capacity)
        except DomainError as error:
            self._tell((f"sizes stay: {error}",))
            size = self._size
        self._tell(size.notes)
        paced = self._paced()
        if careful == self._caution and not paced and not differs(self._size, size, CHANGE):
            return
        self._size, self._caution = size, careful
        self._configure()

    def _paced(self) -> bool:
        """Whether quotes are to move more or less often from now on."""
        parts = self._parts
        session = parts.opened.session
        quota = session.connection.quota(session.trader)
        if parts.mode is not RunMode.LIVE or not quota.known:
            return False
        changed = self._pace.update(parts.clock.now(), quota.left, quota.cap)
        if changed:
            pace = self._pace.pace
            parts.log.warning(
                "Pace of quotes changed: the account's actions are to last",
                actions_left=quota.left,
                hours="-" if pace.hours is None else round(pace.hours, 1),
                quote_interval_factor=pace.interval,
                requote_threshold_factor=pace.threshold,
                levels_at_most=pace.levels,
            )
        return changed

    def _configure(self) -> None:
        parts = self._parts
        self._version += 1
        config = pool_config(
            parts.settings,
            parts.coin,
            parts.opened.session.account_id,
            self._size,
            parts.ready.funds.equity,
            caution=self._caution,
            pace=self._pace.pace,
            version=self._version,
        )
        parts.host.configure(config)
        parts.log.debug(
            "Sizes set",
            max_position_usd=f"{self._size.position_value:.2f}",
            side_usd=f"{self._size.side_value:.2f}",
            levels=self._size.levels,
            gamma=f"{config.gamma:.4f}",
        )

    def _tell(self, notes: tuple[str, ...]) -> None:
        known = {note.partition(":")[0].rpartition(" -> ")[0] for note in self._notes}
        for note in notes:
            if note.partition(":")[0].rpartition(" -> ")[0] not in known:
                self._parts.log.info("Sizing", note=note)
        self._notes = notes


async def tend_margin(parts: MakerParts) -> None:
    """Add the configured margin to an isolated position once there is one."""
    amount = parts.settings.initial_isolated_margin
    if not parts.ready.leverage.isolated or not amount:
        return
    account, traded = parts.opened.session.account, parts.line.market.traded
    await add_after_fill(account, parts.coin, amount, traded, parts.log.info)


async def tend_expiry(parts: MakerParts, ends: Callable[[str], None]) -> None:
    """Warn before an agent's key expires, and call `ends` with the reason while its cancels are
    still taken."""
    expires_at = parts.opened.session.identity.expires_at
    if expires_at is None:
        return
    for before_s in EXPIRY_WARNED_S:
        if await _until(parts, Nanos(expires_at - before_s * NANOS_PER_SECOND)):
            advice = {"in_minutes": before_s // 60, "advice": "approve it again"}
            parts.log.warning("Agent key expires", **advice)
    await _until(parts, Nanos(expires_at - EXPIRY_KEPT_S * NANOS_PER_SECOND))
    ends(f"the agent key expires within {EXPIRY_KEPT_S} s: approve it again")


async def tend_second_maker(parts: MakerParts, ends: Callable[[str], None]) -> None:
    """Another maker trades this market with this account, on another machine or with a state folder
    of its own: a young one leaves, by `ends`, and an older one says so and goes on."""
    counts, log, began = parts.line.market.fates.counts, parts.log, parts.clock.now()
    seen = 0
    while True:
        await asyncio.sleep(SECOND_MAKER_EVERY_S)
        if counts.second_maker == seen:
            continue
        seen, coin = counts.second_maker, parts.coin
        if parts.clock.now() - began < YOUNG_FOR:
            ends(f"another maker of this program trades {coin} with this account: stop it first")
            return
        log.error("Another maker of this program trades here", asset=coin, orders=seen)
        await asyncio.sleep(MINUTE_S)


async def _until(parts: MakerParts, at: Nanos) -> bool:
    """Wait for a moment; False where it has passed."""
    if parts.clock.now() >= at:
        return False
    while (left := at - parts.clock.now()) > 0:  # noqa: ASYNC110  the clock may be set meanwhile
        await asyncio.sleep(min(left / NANOS_PER_SECOND, MINUTE_S))
    return True


async def tend_dead_man(parts: MakerParts) -> None:
    """Keep the venue's own dead man's switch wound up, where it allows that."""

    def told(state: DeadManState) -> None:
        if state.problem:
            parts.log.warning(
                "Dead man's switch refused: run `market_maker watchdog`", problem=state.problem
            )
        else:
            parts.log.info("Dead man's switch is wound up")

    await keep_wound(parts.opened.session.account, parts.clock, told)


def memory_mb() -> int:
    """The most memory that this process ever had, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KIB_PER_MIB


async def watch_symptoms(parts: MakerParts, memory: Callable[[], int] = memory_mb) -> None:
    """Log troubles that last (SOP 9.2, 9.3), when they begin and when they are over."""
    symptoms = Symptoms()
    while True:
        await asyncio.sleep(SYMPTOMS_EVERY_S)
        changes = symptoms.judge(session_reading(parts, memory()))
        for symptom in changes.begun:
            parts.log.warning(symptom.name, **symptom.fields)
        for name in changes.over:
            said = f"{name}: over"
            parts.log.info(said)


def session_reading(parts: MakerParts, memory: int) -> SessionReading:
    """As it stands."""
    runner, tally = parts.runner, parts.run_log.tally
    instrument, seen = runner.instrument, runner.snapshot()
    mid = seen.mid_x2 / 2
    away = [abs(mid - side.price) for side in (seen.bid, seen.ask) if side.price is not None]
    both = bool(seen.best_bid and seen.best_ask)
    limit = sum(member.position_limit_usdt for member in runner.config.members)
    held = abs(instrument.quantity(seen.position)) * instrument.price(seen.mid_x2) / 2
    return SessionReading(
        now=parts.clock.now(),
        orders=len(runner.open_orders()),
        why=(seen.ask if seen.bid.quoting else seen.bid).reason.value,
        bought=instrument.quantity(tally.bought),
        sold=instrument.quantity(tally.sold),
        fills=seen.counters.fills,
        trades=tally.trades,
        distance_bps=min(away) / mid * BPS if away and mid else None,
        spread_bps=(seen.best_ask - seen.best_bid) / mid * BPS if both and mid else None,
        inventory_share=float(held / limit) if limit else 0.0,
        adverse_bps=estimate_of(seen, "adverse_selection"),
        cycle_ms=runner.turn_ns / NANOS_PER_MS,
        memory_mb=memory,
        clock_ahead_ms=parts.opened.session.connection.clock_ahead_ms,
    )


def status_fields(parts: MakerParts) -> dict[str, object]:
    """The maker in one line."""
    runner, instrument = parts.runner, parts.ready.instrument
    seen = runner.snapshot()
    return {
        "state": seen.state.value,
        "bid": "-" if seen.bid.price is None else str(instrument.price(seen.bid.price)),
        "ask": "-" if seen.ask.price is None else str(instrument.price(seen.ask.price)),
        "orders": len(runner.open_orders()),
        "position": str(instrument.quantity(seen.position)),
        "pnl": f"{instrument.money(Value(seen.net)):.4f}",
        "fills": seen.counters.fills,
        "why": seen.bid.reason.value if not seen.bid.quoting else seen.ask.reason.value,
    }


async def tell_each_minute(parts: MakerParts) -> None:
    """For operators without a screen."""
    while True:
        await asyncio.sleep(MINUTE_S)
        parts.log.info("Status", **status_fields(parts))
