"""The kill switch in the SOP's words, with its numbers: what tripped it, and what nears its limit.

Source: design paper hyperliquid_additions, section 5.
"""

from msgspec import Struct

from market_maker.model.instrument import Instrument
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE, Value
from market_maker.risk import guards
from market_maker.risk.guards import Guard
from market_maker.standalone.ending import KILL_TEXTS

_TRIPPED = {
    guards.MARKET_DATA: "{text}: no update for {value} > {limit} threshold",
    guards.CASCADE: "{text}: severity {value} > {limit}",
    guards.RATE_LIMIT: "{text}: {value} of {limit} allowed",
    guards.REJECTS: "{text}: {value} of {limit} allowed",
    guards.EXCHANGE_HALT: "{text}",
}
_USUAL = "{text}: {value} > {limit}"
_NEARS = "{name}: {value}, and the limit is {limit}"


class GuardWords(Struct, frozen=True):
    """For one market. stale_s: seconds without data that stop the maker; data_age_s: that have
    passed. The guard itself counts from when quotes were pulled."""

    instrument: Instrument
    stale_s: float
    data_age_s: float

    def tripped(self, guard: Guard) -> str:
        """`Max daily loss exceeded: $512.40 > $500.00`."""
        value, limit = self._shown(guard)
        text = KILL_TEXTS.get(guard.name, guard.name)
        return _TRIPPED.get(guard.name, _USUAL).format(text=text, value=value, limit=limit)

    def nears(self, guard: Guard) -> str:
        """`Max daily loss: $410.00, and the limit is $500.00`."""
        value, limit = self._shown(guard)
        text = KILL_TEXTS.get(guard.name, guard.name)
        name = text.removesuffix(" exceeded").removesuffix(" detected")
        return _NEARS.format(name=name, value=value, limit=limit)

    def _shown(self, guard: Guard) -> tuple[str, str]:
        """Its value and its threshold."""
        if guard.unit == guards.BLIND:
            return f"{self.data_age_s:.1f}s", f"{self.stale_s:g}s"
        return self._text(guard.value, guard.unit), self._text(guard.threshold, guard.unit)

    def _text(self, amount: int, unit: str) -> str:
        match unit:
            case guards.MONEY:
                return f"${self.instrument.money(Value(amount)):.2f}"
            case guards.VALUED:
                return f"${amount * self.instrument.tick_size * self.instrument.lot_size:.2f}"
            case guards.SHARE:
                return f"{amount * 100 / RATE_SCALE:.2f}%"
            case guards.SEVERITY:
                return f"{amount / RATE_SCALE:.2f}"
            case guards.LATE:
                return f"{amount / NANOS_PER_SECOND:.3f}s"
            case _:
                return str(amount)
