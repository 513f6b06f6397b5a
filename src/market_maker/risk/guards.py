"""Guards of one pool: what halts it. Each is a comparison that an operator can read."""

from msgspec import Struct

POSITION = "position limit exceeded"
LOSS = "loss limit exceeded"
REJECTS = "reject storm"
EXCHANGE_HALT = "exchange halt"
MARKET_DATA = "market data failure"


class Limits(Struct, frozen=True):
    """position_value: ticks x lots. loss_value: Value a pool may lose, > 0. rejects: refusals
    in a row, post-only ones not counted. blind_ns: how long without usable market data."""

    position_value: int
    loss_value: int
    rejects: int
    blind_ns: int


class Readings(Struct, frozen=True, gc=False):
    """What the limits are compared with. position_value_x2: twice |position| x mid, ticks x
    lots. net: realised + unrealised - fees + funding, Value."""

    position_value_x2: int
    net: int
    rejects: int
    blind_ns: int
    exchange_halted: bool


def breach(readings: Readings, limits: Limits) -> str | None:
    """The reason to halt, or None. Being *at* a limit is no breach: the pool reduces only."""
    if readings.position_value_x2 > 2 * limits.position_value:
        return POSITION
    if readings.net < -limits.loss_value:
        return LOSS
    if readings.rejects >= limits.rejects:
        return REJECTS
    if readings.exchange_halted:
        return EXCHANGE_HALT
    if readings.blind_ns > limits.blind_ns:
        return MARKET_DATA
    return None


class Guard(Struct, frozen=True):
    """One guard as an operator reads it: value against threshold, same unit."""

    name: str
    value: int
    threshold: int
    unit: str

    @property
    def headroom(self) -> int:
        """How far the value is from the threshold; negative when beyond."""
        return self.threshold - self.value


def report(readings: Readings, limits: Limits) -> tuple[Guard, ...]:
    """Every guard with its value and threshold."""
    return (
        Guard(POSITION, readings.position_value_x2 // 2, limits.position_value, "ticks x lots"),
        Guard(LOSS, max(0, -readings.net), limits.loss_value, "value"),
        Guard(REJECTS, readings.rejects, limits.rejects, "rejections in a row"),
        Guard(EXCHANGE_HALT, int(readings.exchange_halted), 1, "halted"),
        Guard(MARKET_DATA, readings.blind_ns, limits.blind_ns, "ns without usable data"),
    )
