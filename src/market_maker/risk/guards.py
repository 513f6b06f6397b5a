"""Guards of one pool: what makes it reduce only, and what halts it. Each is a comparison that an
operator can read."""

from functools import cache
from typing import Final

from msgspec import Struct

from market_maker.model.quotes import Reason
from market_maker.model.units import RATE_SCALE
from market_maker.risk.cascade import KILL_SEVERITY, band_of

POSITION = "position limit exceeded"
LOSS = "loss limit exceeded"
REJECTS = "reject storm"
EXCHANGE_HALT = "exchange halt"
MARKET_DATA = "market data failure"
DRAWDOWN = "drawdown limit exceeded"
EXPOSURE = "total exposure limit exceeded"
REPEATED = "repeated executions"
RATE_LIMIT = "rate-limit errors"
CONSUMER_LAG = "consumer lag"
CASCADE = "liquidation cascade"

_ALWAYS = (POSITION, LOSS, REJECTS, EXCHANGE_HALT, MARKET_DATA)
"""Guards that are always on, in the order in which they are asked."""
NOT_BREACHED: Final = -1

TEXTS = {
    POSITION: "The pool's position at the mid against max_pool_position_usdt.",
    LOSS: "The pool's loss, realised and unrealised, against max_pool_loss_usdt.",
    REJECTS: "Orders refused in a row, post-only ones aside, against reject_storm_count.",
    EXCHANGE_HALT: "Whether the exchange has halted the instrument.",
    MARKET_DATA: "Time without usable market data against market_data_halt_seconds.",
    DRAWDOWN: "The drop of equity from its peak against max_drawdown_pct.",
    EXPOSURE: "The positions of all pools together against MAX_TOTAL_EXPOSURE_USDT.",
    REPEATED: "Fills of one side within fill_window_seconds against fills_in_window_max.",
    RATE_LIMIT: "Rate-limit errors in rate_limit_window_seconds against rate_limit_errors_max.",
    CONSUMER_LAG: "The age of the oldest event of a turn against max_consumer_lag_ms.",
    CASCADE: "The severity of a cascade of liquidations against the one that halts.",
}
"""What each guard compares, for people."""

ROOM_PCT: Final = 98
"""Per cent of a limit on positions that orders may fill: a full position must not halt the pool
at the next tick. From there a pool only reduces; over the limit it halts."""

REDUCING_UNTIL_PCT: Final = 90
"""A pool that reduces for a loss goes on to until the loss is below this share of where it began:
a price that trembles there must not place and cancel orders with every tick."""


class Limits(Struct, frozen=True):
    """position_value: ticks x lots. loss_value: Value a pool may lose, > 0. rejects: refusals
    in a row, post-only ones not counted. blind_ns: how long without usable market data.

    These are off at 0. capital: Value that PnL is added to for equity. drawdown: share of the
    peak of equity, RATE_SCALE-ths. fills: of one side within fill_window_ns. rate_errors:
    rate-limit errors within rate_window_ns. lag_ns: age of the oldest event of a turn.
    reduce_at: share of the loss and of the drawdown limit from which a pool only reduces,
    RATE_SCALE-ths. cascade: whether severity counts."""

    position_value: int
    loss_value: int
    rejects: int
    blind_ns: int
    capital: int = 0
    drawdown: int = 0
    fills: int = 0
    fill_window_ns: int = 0
    rate_errors: int = 0
    rate_window_ns: int = 0
    lag_ns: int = 0
    reduce_at: int = RATE_SCALE
    cascade: bool = False


class GuardReadings(Struct, frozen=True, gc=False):
    """What the limits are compared with. position_value_x2: twice |position| x mid, ticks x
    lots. net: realised + unrealised - fees + funding, Value. drawdown: from the peak of equity,
    RATE_SCALE-ths of it. exposure_value, exposure_limit: of all pools together, ticks x lots of
    this one; a limit of 0 is none. fills: of the side with more of them, within the window.
    severity: of a liquidation cascade, 0 to 1."""

    position_value_x2: int
    net: int
    rejects: int
    blind_ns: int
    exchange_halted: bool
    drawdown: int = 0
    exposure_value: int = 0
    exposure_limit: int = 0
    fills: int = 0
    rate_errors: int = 0
    lag_ns: int = 0
    severity: float = 0.0


def always_breached(readings: GuardReadings, limits: Limits) -> int:
    """Which of the guards that are always on objects: its place in _ALWAYS, or NOT_BREACHED.
    Compiled into the replay's decision kernel, like the functions below that return numbers or
    bools: they take its records with fields of the same names too."""
    if readings.position_value_x2 > 2 * limits.position_value:
        return 0
    if readings.net < -limits.loss_value:
        return 1
    if readings.rejects >= limits.rejects:
        return 2
    if readings.exchange_halted:
        return 3
    if readings.blind_ns > limits.blind_ns:
        return 4
    return NOT_BREACHED


def breach(readings: GuardReadings, limits: Limits) -> str | None:
    """The reason to halt, or None. Being *at* a limit is no breach: the pool reduces only. Counts
    are reached, not passed: the tenth of ten errors is one too many."""
    cause = always_breached(readings, limits)
    return _optional_breach(readings, limits) if cause == NOT_BREACHED else _ALWAYS[cause]


def _optional_breach(readings: GuardReadings, limits: Limits) -> str | None:
    for cause, beyond in (
        (DRAWDOWN, drawn_down(readings, limits)),
        (
            EXPOSURE,
            readings.exposure_limit and readings.exposure_value > readings.exposure_limit,
        ),
        (REPEATED, repeated(readings, limits)),
        (RATE_LIMIT, limits.rate_errors and readings.rate_errors >= limits.rate_errors),
        (CONSUMER_LAG, limits.lag_ns and readings.lag_ns > limits.lag_ns),
        (CASCADE, limits.cascade and band_of(readings.severity).halts),
    ):
        if beyond:
            return cause
    return None


def drawn_down(readings: GuardReadings, limits: Limits) -> bool:
    """Whether equity fell too far from its peak."""
    return limits.drawdown > 0 and bool(readings.drawdown > limits.drawdown)


def repeated(readings: GuardReadings, limits: Limits) -> bool:
    """Whether one side was executed too often."""
    return limits.fills > 0 and bool(readings.fills >= limits.fills)


def beyond_share(amount: int, limit: int, share: int) -> bool:
    """Whether `amount` is more than `share` RATE_SCALE-ths of `limit`, >= 0. Exact."""
    return amount * RATE_SCALE > limit * share


def share_of(part: int, whole: int) -> int:
    """RATE_SCALE-ths of `whole`, > 0, that `part`, >= 0, is, rounded down."""
    return part * RATE_SCALE // whole


def drawdown_of(peak_net: int, net: int, capital: int) -> int:
    """From the peak of equity, RATE_SCALE-ths of it; all of it where nothing was left."""
    peak = capital + peak_net
    if peak <= 0:
        return RATE_SCALE
    return share_of(max(0, peak_net - net), peak)


def reducing_for(readings: GuardReadings, limits: Limits, already: bool) -> int:
    """Why a pool may only reduce its position: 1 for its loss, 2 for its drawdown, 0 where it may
    not only. already: whether it does so; then it goes on until the reading is well back."""
    share = limits.reduce_at * REDUCING_UNTIL_PCT // 100 if already else limits.reduce_at
    if beyond_share(-readings.net, limits.loss_value, share):
        return 1
    if limits.drawdown and beyond_share(readings.drawdown, limits.drawdown, share):
        return 2
    return 0


_REDUCING = (None, Reason.LOSS_LIMIT, Reason.DRAWDOWN_LIMIT)


def reducing(readings: GuardReadings, limits: Limits, *, already: bool) -> Reason | None:
    """As `reducing_for`, by its reason."""
    return _REDUCING[reducing_for(readings, limits, already)]


VALUED, MONEY, SHARE, SEVERITY = "ticks x lots", "value", "share of the peak", "severity"
BLIND, LATE = "ns without usable data", "ns behind"
"""Units of the engine; readers turn them into people's."""
AT_ONCE = "halt when reached"


class Guard(Struct, frozen=True, array_like=True, gc=False):
    """One guard as an operator reads it: value against threshold, same unit. action: what it
    would do, in words."""

    name: str
    value: int
    threshold: int
    unit: str
    action: str

    @property
    def headroom(self) -> int:
        """How far the value is from the threshold; negative when beyond."""
        return self.threshold - self.value


_FULL = f"reduce only from {ROOM_PCT}% of it, halt beyond"


@cache
def _near(reduce_at: int) -> str:
    """What a guard does near its limit: the same words in every picture."""
    share = f"{reduce_at / RATE_SCALE:.4g}"
    return f"reduce only from {float(share):.0%} of it, halt beyond"


def report(readings: GuardReadings, limits: Limits) -> tuple[Guard, ...]:
    """Every guard that is on, with its value, threshold and what it would do."""
    near = _near(limits.reduce_at)
    always = (
        Guard(POSITION, readings.position_value_x2 // 2, limits.position_value, VALUED, _FULL),
        Guard(LOSS, max(0, -readings.net), limits.loss_value, MONEY, near),
        Guard(REJECTS, readings.rejects, limits.rejects, "rejections in a row", AT_ONCE),
        Guard(EXCHANGE_HALT, int(readings.exchange_halted), 1, "halted", AT_ONCE),
        Guard(
            MARKET_DATA, readings.blind_ns, limits.blind_ns, BLIND, "pull quotes at once, then halt"
        ),
    )
    optional = (
        Guard(DRAWDOWN, readings.drawdown, limits.drawdown, SHARE, near),
        Guard(EXPOSURE, readings.exposure_value, readings.exposure_limit, VALUED, _FULL),
        Guard(REPEATED, readings.fills, limits.fills, "fills of one side", AT_ONCE),
        Guard(RATE_LIMIT, readings.rate_errors, limits.rate_errors, "rate-limit errors", AT_ONCE),
        Guard(CONSUMER_LAG, readings.lag_ns, limits.lag_ns, LATE, "halt beyond"),
        Guard(
            CASCADE,
            int(readings.severity * RATE_SCALE),
            int(KILL_SEVERITY * RATE_SCALE) * limits.cascade,
            SEVERITY,
            "widen from 0.3, halve sizes from 0.5, pull quotes from 0.8, halt beyond",
        ),
    )
    return always + tuple([guard for guard in optional if guard.threshold])
