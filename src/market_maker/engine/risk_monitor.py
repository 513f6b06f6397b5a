"""What the guards compare with their limits, and between which prices none of them can object."""

from collections import deque

from msgspec import structs

from market_maker.engine.accounts import Accounts
from market_maker.engine.market import Market
from market_maker.engine.tally import EngineCounts
from market_maker.engine.terms import Terms
from market_maker.model.events import ExposureTold
from market_maker.model.quotes import Reason
from market_maker.model.units import RATE_SCALE, Nanos, Value
from market_maker.risk.cascade import CALM, band_of
from market_maker.risk.guards import ROOM_PCT, GuardReadings, breach, drawdown_of, reducing

MEMBER_LOSS = "member loss limit exceeded"


class RiskMonitor:
    """room_value: ticks x lots up to which orders may fill the pool now, and limit_reason why not
    further. severity, band: how severe a liquidation cascade is."""

    __slots__ = (
        "_accounts",
        "_exposure",
        "_fills",
        "_lag_ns",
        "_limits",
        "_market",
        "_peak_net",
        "_rate_errors",
        "_rate_limited_at",
        "_reducing",
        "_room_value",
        "_tally",
        "band",
        "limit_reason",
        "room_value",
        "severity",
    )

    def __init__(self, market: Market, accounts: Accounts, tally: EngineCounts) -> None:
        self._market, self._accounts, self._tally = market, accounts, tally
        self._exposure: ExposureTold | None = None
        self._peak_net = self._lag_ns = 0
        self._reducing: Reason | None = None
        self.severity, self.band = 0.0, CALM
        self.limit_reason = Reason.POSITION_LIMIT
        self._fills: tuple[deque[int], deque[int]] = (deque(), deque())
        self._rate_errors: deque[int] = deque()
        self._rate_limited_at = Nanos(-1)

    def configure(self, terms: Terms) -> None:
        """Take new limits. What was counted under the old ones counts on."""
        limits = self._limits = terms.guard_limits
        self.room_value = self._room_value = terms.room_value
        buys, sells = self._fills
        self._fills = deque(buys, limits.fills), deque(sells, limits.fills)
        self._rate_errors = deque(self._rate_errors, limits.rate_errors)

    # what happens

    @property
    def peak_net(self) -> Value:
        """The highest net of the pool, where there is a limit on drawdown."""
        return Value(self._peak_net)

    def on_fill(self, side: int, now: Nanos) -> None:
        """An order of ours was executed."""
        self._fills[side].append(now)

    def on_rate_limit(self, now: Nanos) -> bool:
        """The venue refused an order because we had sent too many; all of one turn are one error,
        since one answer refuses a whole batch. Returns whether it is a step towards a reject storm:
        an error is one where no guard counts such errors."""
        is_new, self._rate_limited_at = now != self._rate_limited_at, now
        if is_new:
            self._rate_errors.append(now)
        return is_new and not self._limits.rate_errors

    def on_exposure(self, event: ExposureTold) -> None:
        """What the other pools hold."""
        self._exposure = event

    def on_lag(self, lag_ns: int) -> bool:
        """Take lag_ns, the age of the oldest event of a turn that has just begun. Returns whether
        that is, or was until now, more than the limit."""
        beyond = max(lag_ns, self._lag_ns) > self._limits.lag_ns
        self._lag_ns = lag_ns
        return beyond

    def on_severity(self, severity: float) -> bool:
        """Take how severe a liquidation cascade is, 0 to 1. Returns whether the band changed."""
        self.severity = severity
        before, self.band = self.band, band_of(severity)
        return self.band is not before

    def start(self, *, resumed: bool) -> None:
        """Quoting begins: executions and errors of before are forgotten. A person who resumes it
        also takes note of refusals and of the drawdown, which begins anew."""
        for times in (*self._fills, self._rate_errors):
            times.clear()
        self._reducing = None
        if resumed:
            self._tally.rejects_in_a_row = 0
            if self._market.mid_x2:
                self._peak_net = self._accounts.pool.net(self._market.mid_x2)

    # what guards make of it

    def readings(self, now: Nanos) -> GuardReadings:
        """What the guards compare with their limits."""
        market, pool, limits = self._market, self._accounts.pool, self._limits
        mid_x2, blind_since = market.mid_x2, market.blind_since
        value_x2 = abs(pool.lots) * (market.reference_x2(now) or mid_x2)
        net = pool.net(mid_x2) if mid_x2 else 0
        exposure = self._exposure
        return GuardReadings(
            value_x2,
            net,
            self._tally.rejects_in_a_row,
            now - blind_since if blind_since else 0,
            market.halted,
            drawdown_of(self._peak_net, net, limits.capital) if limits.drawdown else 0,
            exposure.others + value_x2 // 2 if exposure else 0,
            exposure.limit if exposure else 0,
            max(_within(times, now, limits.fill_window_ns) for times in self._fills),
            _within(self._rate_errors, now, limits.rate_window_ns),
            self._lag_ns,
            self.severity,
        )

    def check(self, now: Nanos) -> str | None:
        """Every guard compares: the reason to halt, or None. Also how far orders may fill the
        pool now."""
        mid_x2 = self._market.mid_x2
        if self._limits.drawdown and mid_x2 and self._market.blind is None:
            self._peak_net = max(self._peak_net, self._accounts.pool.net(mid_x2))
        readings = self.readings(now)
        self._bound(readings)
        return breach(readings, self._limits)

    def cause(self, now: Nanos) -> str | None:
        """What would halt the pool at once if it were resumed, or None."""
        readings = structs.replace(
            self.readings(now), rejects=0, drawdown=0, fills=0, rate_errors=0
        )
        return breach(readings, self._limits)

    def stop_members(self) -> bool:
        """A member beyond its own loss limit stops alone, until an operator resumes the pool.
        Returns whether one stopped."""
        stopped = False
        mid_x2 = self._market.mid_x2
        for account in self._accounts.quoting:
            if account.position.net(mid_x2) < -account.loss_value and not account.stopped:
                account.stopped = MEMBER_LOSS
                stopped = True
        return stopped

    def zone_x2(self) -> tuple[int, int]:
        """Where no guard objected: the mids (twice their ticks, both excluded) between which none
        could, while nothing else moves that they compare; (0, 0) where there is no such zone."""
        market, limits, exposure = self._market, self._limits, self._exposure
        # A mark moves by itself, and a pool that reduces is watched closely.
        if market.marked or self._reducing is not None:
            return 0, 0
        mid_x2, position_value = market.mid_x2, limits.position_value
        if exposure is not None and exposure.limit:
            position_value = min(position_value, exposure.limit - exposure.others)
        loss_value = limits.loss_value * limits.reduce_at // RATE_SCALE
        if limits.drawdown:
            fall = (limits.capital + self._peak_net) * limits.drawdown // RATE_SCALE
            loss_value = min(loss_value, fall * limits.reduce_at // RATE_SCALE - self._peak_net)
        slack_x2 = self._accounts.slack_x2(mid_x2, position_value, loss_value)
        low_x2, high_x2 = mid_x2 - slack_x2, mid_x2 + slack_x2
        pool = self._accounts.pool
        if limits.drawdown and pool.lots:
            # Where equity would pass its peak, that is to be noted.
            rise_x2 = pool.rise_x2(mid_x2, self._peak_net) + 1
            if pool.lots > 0:
                high_x2 = min(high_x2, mid_x2 + rise_x2)
            else:
                low_x2 = max(low_x2, mid_x2 - rise_x2)
        return low_x2, high_x2

    def _bound(self, readings: GuardReadings) -> None:
        """How far orders may fill the pool now. With no room only the reducing side quotes."""
        self._reducing = reducing(readings, self._limits, already=self._reducing is not None)
        self.room_value, self.limit_reason = self._room_value, Reason.POSITION_LIMIT
        if self._reducing is not None:
            self.room_value, self.limit_reason = 0, self._reducing
            return
        exposure = self._exposure
        if exposure is not None and exposure.limit:
            left = max(exposure.limit - exposure.reserved, 0) * ROOM_PCT // 100
            if left < self.room_value:
                self.room_value, self.limit_reason = left, Reason.EXPOSURE_LIMIT


def _within(times: deque[int], now: Nanos, span_ns: int) -> int:
    """How many lie within the last `span_ns`."""
    since = now - span_ns
    return sum(ts > since for ts in times)
