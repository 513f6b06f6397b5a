"""States of a pool and the moves between them. Engine, API and panel read this one table."""

from enum import StrEnum

from market_maker.model.errors import IllegalTransitionError


class PoolState(StrEnum):
    """PAUSED places nothing, ACTIVE quotes, HALTED is an emergency stop that wants a review."""

    PAUSED = "PAUSED"
    ACTIVE = "ACTIVE"
    HALTED = "HALTED"


class Command(StrEnum):
    """What moves a pool. HALT is the kill switch, by an operator or by a guard. UNWIND: stay
    ACTIVE with orders that only reduce, and pause when every member is flat; an ENABLE, RESUME,
    PAUSE or HALT ends it."""

    ENABLE = "enable"
    PAUSE = "pause"
    RESUME = "resume"
    HALT = "halt"
    UNWIND = "unwind"


TRANSITIONS: dict[tuple[PoolState, Command], PoolState] = {
    (PoolState.PAUSED, Command.ENABLE): PoolState.ACTIVE,
    (PoolState.PAUSED, Command.RESUME): PoolState.ACTIVE,
    (PoolState.PAUSED, Command.PAUSE): PoolState.PAUSED,
    (PoolState.PAUSED, Command.HALT): PoolState.HALTED,
    (PoolState.ACTIVE, Command.ENABLE): PoolState.ACTIVE,
    (PoolState.ACTIVE, Command.RESUME): PoolState.ACTIVE,
    (PoolState.ACTIVE, Command.PAUSE): PoolState.PAUSED,
    (PoolState.ACTIVE, Command.HALT): PoolState.HALTED,
    (PoolState.ACTIVE, Command.UNWIND): PoolState.ACTIVE,
    (PoolState.HALTED, Command.RESUME): PoolState.ACTIVE,
    (PoolState.HALTED, Command.HALT): PoolState.HALTED,
}
"""A pair that is missing is refused; a pair that stays where it is makes the command idempotent.
Resuming a HALTED pool is refused by the engine while the cause of the halt still holds."""


def allowed(state: PoolState) -> tuple[str, ...]:
    """The commands the table allows in `state`."""
    return tuple(command for then, command in TRANSITIONS if then is state)


def advance(state: PoolState, command: Command) -> PoolState:
    """Raise IllegalTransitionError unless the table allows `command` in `state`."""
    try:
        return TRANSITIONS[state, command]
    except KeyError:
        raise IllegalTransitionError(state, command, allowed(state)) from None
