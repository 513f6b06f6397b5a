"""Who may loosen: one rule for every door. Limits become tighter by an operator's word, and hold
less only by risk's. What they are compared with was last in force, whatever became of the pool or
the membership since."""

from collections.abc import Iterable
from decimal import Decimal

from market_maker.model.caller import Caller, Role
from market_maker.model.errors import ForbiddenError
from market_maker.model.participant import Participant
from market_maker.model.pool import Member, PoolConfig

LOOSENED_BY_MORE = (
    "max_pool_position_usdt", "max_pool_loss_usdt", "staleness_threshold_ms", "price_collar_bps",
    "market_data_halt_seconds", "max_messages_per_second", "reject_storm_count",
    "reduce_only_at_pct",
)  # fmt: skip
"""Limits of a pool that hold less when the number grows."""

LOOSENED_BY_MORE_OR_OFF = (
    "max_drawdown_pct", "fills_in_window_max", "rate_limit_errors_max", "max_consumer_lag_ms",
)  # fmt: skip
"""The same, and 0 turns them off."""

LOOSENED_BY_LESS = ("fill_window_seconds", "rate_limit_window_seconds", "cancel_reserve_pct")
"""Windows in which something is counted, and what is kept back for cancels."""

LOOSENED_BY_OFF = ("check_staleness", "use_cascade")

MEMBER_LIMITS = ("capital_weight_pct", "position_limit_usdt", "max_loss_usdt")
"""A member's share and limits: more of each is more risk."""

PARTICIPANT_LIMITS = ("initial_margin_usdt", "max_drawdown_pct")
"""A participant's own, over all pools: margin bounds what it may hold."""


def loosened_limits(before: PoolConfig, after: PoolConfig) -> tuple[str, ...]:
    """The limits of `before` that hold less in `after`, by name."""

    def grew(name: str) -> bool:
        return bool(getattr(after, name) > getattr(before, name))

    def weaker(name: str) -> bool:
        return grew(name) or not getattr(after, name)

    loosened = [name for name in LOOSENED_BY_MORE if grew(name)]
    loosened += [n for n in LOOSENED_BY_MORE_OR_OFF if getattr(before, n) and weaker(n)]
    loosened += [n for n in LOOSENED_BY_LESS if getattr(after, n) < getattr(before, n)]
    loosened += [n for n in LOOSENED_BY_OFF if getattr(before, n) and not getattr(after, n)]
    if order_value_max(after) > order_value_max(before):
        loosened.append("max_order_value_usdt")
    if after.capital_usdt != before.capital_usdt and _capital(after) > _capital(before):
        # A drawdown is measured against it.
        loosened.append("capital_usdt")
    return tuple(loosened)


def raised_limits(before: Member, after: Member) -> tuple[str, ...]:
    """A member's share and limits that are greater in `after`, by name."""
    return tuple(name for name in MEMBER_LIMITS if getattr(after, name) > getattr(before, name))


def raised_terms(before: Participant, after: Participant) -> tuple[str, ...]:
    """A participant's own limits, in all pools, that are greater in `after`, by name."""
    return tuple(
        name for name in PARTICIPANT_LIMITS if getattr(after, name) > getattr(before, name)
    )


def check_may_loosen(caller: Caller, loosened: Iterable[str]) -> None:
    """Raises ForbiddenError where something is loosened by a caller who is not risk."""
    names = ", ".join(loosened)
    if names and not caller.has(Role.RISK):
        raise ForbiddenError(f"only {Role.RISK} may loosen what was last in force: {names}")


def check_may_lift(caller: Caller) -> None:
    """Raises ForbiddenError where a caller may not lift a halt."""
    if not caller.has(Role.RISK):
        raise ForbiddenError(f"only {Role.RISK} may resume a pool that was halted")


def check_may_reactivate(caller: Caller, stopped: str) -> None:
    """Raises ForbiddenError where a caller may not activate a participant that a limit stopped.
    stopped: why."""
    if not caller.has(Role.RISK):
        raise ForbiddenError(
            f"only {Role.RISK} may activate a participant that a limit stopped: {stopped}"
        )


def _capital(config: PoolConfig) -> Decimal:
    """What a drawdown is measured against, USDT: 0 stands for the position limit."""
    return config.capital_usdt or config.max_pool_position_usdt


def order_value_max(config: PoolConfig) -> Decimal:
    """The limit of one order's value in force, USDT: 0 stands for twice the order size."""
    return config.max_order_value_usdt or 2 * config.order_size_usdt
