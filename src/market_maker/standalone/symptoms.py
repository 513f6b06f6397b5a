"""Troubles of a session that no single event shows (SOP 9.2, 9.3), found in readings of every few
seconds. Their names are the procedure's own, so that its operators find them in the log.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.identity import CLOCK_OFF_MAX_MS

NO_QUOTES_AFTER = Nanos(60 * NANOS_PER_SECOND)
NO_FILLS_AFTER = Nanos(300 * NANOS_PER_SECOND)
INVENTORY_SHARE = 0.8
"""Of the position limit: the alert threshold of mm_inventory_utilization (SOP 14)."""

INVENTORY_OVER_SHARE = 0.7
"""Below this it is over."""

BUILDING = "Excessive fills / inventory building"
ONE_SIDED_SHARE = Decimal("0.8")
"""Of what was filled, on one side: the flow is one-sided."""

SLOW_CYCLE_MS = 50.0
SLOW_AFTER = Nanos(60 * NANOS_PER_SECOND)
MEMORY_SETTLED_AFTER = Nanos(600 * NANOS_PER_SECOND)
MEMORY_GROWTH_MB = 100


class FlowTally(Struct):
    """Counted as it happens. bought, sold: lots of ours; trades: of the market. cascades: bands of
    a cascade that were entered. drawdown: the deepest, RATE_SCALE-ths of the peak."""

    bought: int = 0
    sold: int = 0
    trades: int = 0
    cascades: int = 0
    drawdown: int = 0


class SessionReading(Struct, frozen=True, kw_only=True):
    """A session at `now`. orders: how many rest. why: there are none, in words. bought, sold: in
    the asset; fills, and trades of the market: since the start. distance_bps: of our best price
    from the mid; None without one. spread_bps: of the market. inventory_share: of the position
    limit, from 0. adverse_bps: mean move against us after a fill. cycle_ms: of the last quote
    cycle. memory_mb: the most that the process ever had. clock_ahead_ms: our clock before the
    venue's."""

    now: Nanos
    orders: int
    why: str
    bought: Decimal
    sold: Decimal
    fills: int
    trades: int
    distance_bps: float | None
    spread_bps: float | None
    inventory_share: float
    adverse_bps: float | None
    cycle_ms: float
    memory_mb: int
    clock_ahead_ms: int = 0


class Symptom(Struct, frozen=True):
    """name: of the trouble. fields: what shows it, and what to do."""

    name: str
    fields: Mapping[str, object]


class SymptomChanges(Struct, frozen=True):
    """begun: troubles that were not there at the reading before. over: names of those that are
    gone."""

    begun: tuple[Symptom, ...]
    over: tuple[str, ...]


class Symptoms:
    """Judges the readings of one session, in order."""

    def __init__(self) -> None:
        self._readings: deque[SessionReading] = deque()
        self._first: SessionReading | None = None
        self._settled_mb: int | None = None
        self._present: frozenset[str] = frozenset()

    def judge(self, reading: SessionReading) -> SymptomChanges:
        """What begins and what ends with this reading."""
        self._keep(reading)
        rules = (
            self._no_quotes,
            self._no_fills,
            self._inventory,
            self._slow_cycles,
            self._memory,
            self._clock,
        )
        found = {one.name: one for rule in rules for one in rule()}
        begun = tuple(one for name, one in found.items() if name not in self._present)
        over = tuple(sorted(self._present - found.keys()))
        self._present = frozenset(found)
        return SymptomChanges(begun, over)

    def _keep(self, reading: SessionReading) -> None:
        readings = self._readings
        readings.append(reading)
        self._first = self._first or reading
        while len(readings) > 1 and reading.now - readings[1].now >= NO_FILLS_AFTER:
            readings.popleft()
        if self._settled_mb is None and reading.now - self._first.now >= MEMORY_SETTLED_AFTER:
            self._settled_mb = reading.memory_mb

    def _during(self, span: Nanos) -> list[SessionReading]:
        """The readings of the last `span`; none while there are not so many yet."""
        now = self._readings[-1].now
        if now - self._readings[0].now < span:
            return []
        return [one for one in self._readings if now - one.now <= span]

    # each yields its symptom, or nothing

    def _no_quotes(self) -> Iterator[Symptom]:
        recent = self._during(NO_QUOTES_AFTER)
        if recent and not any(one.orders for one in recent):
            yield Symptom("No quotes being placed", {"reason": recent[-1].why})

    def _no_fills(self) -> Iterator[Symptom]:
        recent = self._during(NO_FILLS_AFTER)
        if not recent or not all(one.orders for one in recent):
            return
        first, last = recent[0], recent[-1]
        if last.fills > first.fills:
            return
        trades = last.trades - first.trades
        fields = {
            "minutes": NO_FILLS_AFTER // (60 * NANOS_PER_SECOND),
            "distance_bps": _rounded(last.distance_bps),
            "market_spread_bps": _rounded(last.spread_bps),
            "market_trades": trades,
            "advice": "lower risk_aversion or min_depth_bps" if trades else "the market is quiet",
        }
        yield Symptom("Orders placed but no fills", fields)

    def _inventory(self) -> Iterator[Symptom]:
        last, recent = self._readings[-1], self._during(NO_FILLS_AFTER)
        least = INVENTORY_OVER_SHARE if BUILDING in self._present else INVENTORY_SHARE
        if last.inventory_share < least:
            return
        bought, sold = last.bought, last.sold
        if recent:
            bought, sold = bought - recent[0].bought, sold - recent[0].sold
        one_sided = max(bought, sold) > ONE_SIDED_SHARE * (bought + sold)
        fields = {
            "utilization": round(last.inventory_share, 2),
            "bought": str(bought),
            "sold": str(sold),
            "adverse_selection_bps": _rounded(last.adverse_bps),
            "flow": "one-sided" if one_sided else "two-sided" if bought + sold else "none",
            "advice": "raise risk_aversion or min_depth_bps",
        }
        yield Symptom(BUILDING, fields)

    def _slow_cycles(self) -> Iterator[Symptom]:
        recent = self._during(SLOW_AFTER)
        slow = [one.cycle_ms for one in recent if one.cycle_ms >= SLOW_CYCLE_MS]
        if slow and 2 * len(slow) >= len(recent):
            fields = {"cycle_ms": round(max(slow), 1), "advice": "CPU load; --log-level warn"}
            yield Symptom("High quote cycle latency", fields)

    def _memory(self) -> Iterator[Symptom]:
        settled, now_mb = self._settled_mb, self._readings[-1].memory_mb
        if settled is not None and now_mb >= settled + MEMORY_GROWTH_MB:
            fills = self._readings[-1].fills
            fields = {"memory_mb": now_mb, "after_start_mb": settled, "fills": fills}
            yield Symptom("Memory growing", fields)

    def _clock(self) -> Iterator[Symptom]:
        ahead = self._readings[-1].clock_ahead_ms
        if abs(ahead) > CLOCK_OFF_MAX_MS:
            way = "ahead of" if ahead > 0 else "behind"
            fields = {
                "difference": f"{abs(ahead) / 1000:.1f} s {way} the venue's",
                "advice": "set the clock right; orders go on by the venue's",
            }
            yield Symptom("This machine's clock is off", fields)


def _rounded(value: float | None) -> float | str:
    return "-" if value is None else round(value, 2)
