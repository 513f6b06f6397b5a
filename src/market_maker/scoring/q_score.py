"""The Q-score: how well a member quoted one symbol, 0 to 100 (math section 5.2).

Q = 100 U^3 (0.5 S + 0.3 D + 0.2 V)
U = valid / eligible snapshots
S = clip((s_max - s) / (s_max - s_min), 0, 1)^2    s: mean spread, bps
D = sqrt(min(1, d / d_target))                     d: mean depth, USDT
V = sqrt(min(1, v / v_target))                     v: maker volume, USDT
"""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.exact import CENT, ZERO, precise, rounded
from market_maker.model.pool import WHOLE_PCT, Member, PoolConfig

SPREAD_WEIGHT, DEPTH_WEIGHT, VOLUME_WEIGHT = Decimal("0.5"), Decimal("0.3"), Decimal("0.2")
UPTIME_EXPONENT = 3
FORMULA = "100 * uptime^3 * (0.5 * spread_part + 0.3 * depth_part + 0.2 * volume_part)"
"""As shown beside every score."""

SHOWN = Decimal("1e-8")
"""Averages are rounded to this before the score is computed, parts when they are shown."""

_ONE = Decimal(1)
_HUNDRED = Decimal(100)


class Targets(Struct, frozen=True, kw_only=True):
    """What earns full marks. Spreads: bps, total; spread_max earns nothing. depth_target_usdt: at
    the member's best level of each side. volume_target_usdt: of the time that is scored. A target
    of 0 is always met. Raises InvalidFieldError."""

    spread_min_bps: Decimal
    spread_max_bps: Decimal
    depth_target_usdt: Decimal
    volume_target_usdt: Decimal

    def __post_init__(self) -> None:
        for field in self.__struct_fields__:
            value: Decimal = getattr(self, field)
            if not value.is_finite() or value < 0:
                raise InvalidFieldError(field, value, "a number of 0 or more")
        if self.spread_min_bps > self.spread_max_bps:
            allowed = f"at most spread_max_bps ({self.spread_max_bps})"
            raise InvalidFieldError("spread_min_bps", self.spread_min_bps, allowed)


def targets_of(config: PoolConfig, member: Member) -> Targets:
    """A member's targets for one day: the pool's spreads, and its own share of the pool's order
    and of one turn of the position limit, so that the allocation does not decide the ranking."""
    with precise():
        weight = member.capital_weight_pct / WHOLE_PCT
        return Targets(
            spread_min_bps=config.min_spread_bps,
            spread_max_bps=config.max_spread_bps,
            depth_target_usdt=weight * config.order_size_usdt,
            volume_target_usdt=weight * config.max_pool_position_usdt,
        )


class Quoting(Struct, frozen=True, kw_only=True):
    """How a member quoted for some time. valid <= eligible: snapshots. avg_spread_bps,
    avg_depth_usdt: means over the valid ones, None where there are none."""

    eligible: int
    valid: int
    avg_spread_bps: Decimal | None
    avg_depth_usdt: Decimal | None
    volume_usdt: Decimal


class Score(Struct, frozen=True, kw_only=True):
    """A score and what it is made of. uptime and the parts: 0..1, rounded to be shown; exact: the
    score before it is rounded to q_score. None where the part is undefined."""

    uptime: Decimal | None
    spread_part: Decimal | None
    depth_part: Decimal | None
    volume_part: Decimal
    exact: Decimal | None
    q_score: Decimal | None


def score(quoting: Quoting, targets: Targets) -> Score:
    """Undefined (None) when nothing was eligible; 0 when nothing eligible was valid."""
    assert 0 <= quoting.valid <= quoting.eligible, quoting
    with precise():
        volume = _root(quoting.volume_usdt, targets.volume_target_usdt)
        if not quoting.eligible:
            return _shown(None, (None, None, volume), None)
        uptime = Decimal(quoting.valid) / quoting.eligible
        if quoting.avg_spread_bps is None or quoting.avg_depth_usdt is None:
            assert not quoting.valid, quoting
            return _shown(uptime, (None, None, volume), ZERO)
        spread = _closeness(quoting.avg_spread_bps, targets)
        depth = _root(quoting.avg_depth_usdt, targets.depth_target_usdt)
        return _shown(uptime, (spread, depth, volume), composite(uptime, spread, depth, volume))


def composite(uptime: Decimal, spread: Decimal, depth: Decimal, volume: Decimal) -> Decimal:
    """The formula, not rounded. All four are 0..1."""
    with precise():
        inner = SPREAD_WEIGHT * spread + DEPTH_WEIGHT * depth + VOLUME_WEIGHT * volume
        return _HUNDRED * uptime**UPTIME_EXPONENT * inner


def _closeness(spread_bps: Decimal, targets: Targets) -> Decimal:
    width = targets.spread_max_bps - targets.spread_min_bps
    if spread_bps <= targets.spread_min_bps:
        return _ONE
    if spread_bps >= targets.spread_max_bps:
        return ZERO
    return ((targets.spread_max_bps - spread_bps) / width) ** 2


def _root(achieved: Decimal, target: Decimal) -> Decimal:
    return _ONE if achieved >= target else (achieved / target).sqrt()


def _shown(
    uptime: Decimal | None,
    parts: tuple[Decimal | None, Decimal | None, Decimal],
    exact: Decimal | None,
) -> Score:
    spread, depth, volume = parts
    return Score(
        uptime=_rounded(uptime),
        spread_part=_rounded(spread),
        depth_part=_rounded(depth),
        volume_part=rounded(volume, SHOWN),
        exact=exact,
        q_score=None if exact is None else rounded(exact, CENT),
    )


def _rounded(number: Decimal | None) -> Decimal | None:
    return None if number is None else rounded(number, SHOWN)
