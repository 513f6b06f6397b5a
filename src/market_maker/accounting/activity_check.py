"""The sums by hour against the fills that they are sums of."""

from decimal import Decimal

from market_maker.accounting.ledger_entries import Findings
from market_maker.model.calendar import NANOS_PER_DAY, day_text
from market_maker.model.exact import ZERO, exact
from market_maker.model.money import ActivityRecord
from market_maker.model.records import ActivityCriteria, ActivitySum
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from market_maker.ports import Unit

SETTLES_IN = 48 * NANOS_PER_HOUR
"""Hours that are so much older than the newest fill are compared and forgotten, so that a long
history needs no more memory than a short one. A fill that comes yet later is reckoned with all the
same: what it adds was left over, and now cancels out."""

GROUPS = ("hour", "symbol", "participant_id", "side", "level", "config_version")
SUMS = (
    "fills",
    "priced",
    "marked",
    "volume_base",
    "volume_quote",
    "fees",
    "realised",
    "edge",
    "adverse",
)

ActivityKey = tuple[object, ...]


class ActivityCheck:
    """Adds up fills, takes off what is stored, and keeps what is left: it should be nothing.

    groups: how many stored sums were compared.
    """

    def __init__(self, unit: Unit, since: Nanos, until: Nanos | None) -> None:
        """since, until: the hours that are compared."""
        self._unit, self._since, self._until = unit, since, until
        self._taken_off = self._newest = since
        self._left: dict[ActivityKey, list[Decimal]] = {}
        self.groups = 0

    def take(self, of: ActivityRecord) -> None:
        """What one fill, or the mids after it, adds; nothing if it is of other hours."""
        if of.hour >= self._since and (self._until is None or of.hour < self._until):
            self._newest = max(self._newest, of.hour)
            self._add(of, 1)

    async def compare(self) -> None:
        """Take off what is stored of hours that are long over."""
        over = Nanos(self._newest - SETTLES_IN)
        if over > self._taken_off:
            await self._take_off(over)

    async def finish(self, findings: Findings) -> None:
        """Take off the rest, and say what is left."""
        await self._take_off(self._until)
        for key, left in sorted(self._left.items(), key=lambda each: str(each[0])):
            for name, difference in zip(SUMS, left, strict=True):
                if difference:
                    findings.add(_about(key), f"{name}: fills and mids make {difference:+f} more")

    async def _take_off(self, until: Nanos | None) -> None:
        criteria = ActivityCriteria(since=self._taken_off, until=until)
        for stored in await self._unit.activity.hours(criteria, GROUPS):
            self._add(stored, -1)
            self.groups += 1
        self._taken_off = self._newest if until is None else until
        self._left = {key: left for key, left in self._left.items() if any(left)}

    def _add(self, of: ActivityRecord | ActivitySum, sign: int) -> None:
        key = tuple(getattr(of, name) for name in GROUPS)
        left = self._left.setdefault(key, [ZERO] * len(SUMS))
        with exact():
            for number, name in enumerate(SUMS):
                left[number] += sign * getattr(of, name)


def _about(key: ActivityKey) -> str:
    hour, symbol, participant_id, side, level, config_version = key
    assert isinstance(hour, int)
    when = f"{day_text(Nanos(hour))} {hour % NANOS_PER_DAY // NANOS_PER_HOUR:02}:00"
    return f"hour {when}, {symbol}, {participant_id}, {side} {level}, version {config_version}"
