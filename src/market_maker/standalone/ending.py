"""How a maker ends, and the exit code that says so.

0 is an end that was asked for. A kill has a code for each cause, for supervisors; orders that may
be open on the venue go before everything else.
"""

from msgspec import Struct

from market_maker.model.lifecycle import PoolState
from market_maker.risk import guards

EXIT_CLEAN = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_OPEN = 3
EXIT_BROKEN = 4
EXIT_DISAGREES = 5
EXIT_OTHER_KILL = 19

KILL_CODES = {
    guards.LOSS: 10,
    guards.DRAWDOWN: 11,
    guards.POSITION: 12,
    guards.MARKET_DATA: 13,
    guards.CASCADE: 14,
    guards.RATE_LIMIT: 15,
    guards.REJECTS: 16,
    guards.EXCHANGE_HALT: 17,
}
"""By the guard that halted the pool."""

KILL_TEXTS = {
    guards.LOSS: "Max daily loss exceeded",
    guards.DRAWDOWN: "Max drawdown exceeded",
    guards.POSITION: "Max position value exceeded",
    guards.MARKET_DATA: "Stale data",
    guards.CASCADE: "Liquidation cascade detected",
    guards.RATE_LIMIT: "Rate limit errors",
    guards.REJECTS: "Orders rejected in a row",
    guards.EXCHANGE_HALT: "Exchange halted the market",
}
"""The SOP's words for them."""

EXITS = {
    EXIT_CLEAN: "stopped as asked; nothing is open",
    EXIT_FAILED: "the venue, the disk or the network failed",
    EXIT_USAGE: "an option, a setting, the key, the account or the asset is wrong",
    EXIT_OPEN: "ORDERS MAY BE OPEN: it is not proved that the book is empty",
    EXIT_BROKEN: "a part of the program broke; nothing is open",
    EXIT_DISAGREES: "our records and the venue's do not agree, or cannot be kept; nothing is open",
    **{code: f"kill switch: {KILL_TEXTS[cause]}" for cause, code in KILL_CODES.items()},
    EXIT_OTHER_KILL: "kill switch: another cause, which the log names",
}
"""Every exit code of `run`, and what it says."""


class MakerEnd(Struct, frozen=True):
    """state, reason: of the pool when it ended. proved: the venue says that nothing of ours is
    open. asked: the end was asked for, or its time was over. broken: what broke. unfit: it
    must not go on like this: the venue is about to take our key no more, or another maker trades
    there with it."""

    state: PoolState
    reason: str
    proved: bool
    asked: bool
    broken: str = ""
    unfit: bool = False

    @property
    def killed(self) -> bool:
        """Whether the kill switch tripped."""
        return self.state is PoolState.HALTED

    @property
    def code(self) -> int:
        """The exit code."""
        if not self.proved:
            return EXIT_OPEN
        if self.killed:
            return KILL_CODES.get(self.reason, EXIT_OTHER_KILL)
        if self.broken:
            return EXIT_BROKEN
        if self.unfit:
            return EXIT_USAGE
        return EXIT_CLEAN if self.asked else EXIT_DISAGREES
