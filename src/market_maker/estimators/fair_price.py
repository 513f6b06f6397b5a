"""Where fair is, in ticks: mid, weighted mid, and Stoikov's microprice (math section 3.3).

Ticks come in as integers; a fair price is a float number of ticks.
"""

from collections.abc import Sequence
from math import fsum
from operator import mul
from typing import Final, TypeAlias

IMBALANCE_BUCKETS: Final = 10
"""Of which half lean to the bid; the other half is their mirror image."""

SPREAD_BUCKETS: Final = 4
"""Spreads of 1, 2, 3 ticks, and 4 or more."""

REFIT_TRANSITIONS: Final = 1_000
"""The first fit needs this many, and every next one follows after as many more."""

MEMORY: Final = 0.98
"""What a refit keeps of the counts before it: the last 50 refits weigh most."""

EVEN_TRANSITIONS: Final = 10.0
"""Imaginary moves of 0 added to every state: a state seldom seen stays near the mid, and the
system of equations always has one solution."""

TERMS: Final = 6
"""Mid moves ahead, as in the author's notebook; the sum has converged by then."""

MOVE_TICKS_MAX: Final = 10.0
"""A move counts as at most this much: one jump, or a book that comes back after a gap, must not
outweigh thousands of ordinary moves."""

_HALF: Final = IMBALANCE_BUCKETS // 2
STATES: Final = _HALF * SPREAD_BUCKETS
_NOWHERE: Final = -1


def weighted_mid(bid_ticks: int, bid_size: float, ask_ticks: int, ask_size: float) -> float:
    """The best prices weighted by the opposite size, ticks: ask I + bid (1 - I) with I = bid size
    over both sizes, so near the ask when bids outweigh. Sizes in one unit, not both 0."""
    imbalance = bid_size / (bid_size + ask_size)
    return ask_ticks * imbalance + bid_ticks * (1.0 - imbalance)


Table: TypeAlias = list[list[float]]
ChangeTables: TypeAlias = tuple[Table, Table, Table]
"""Signed counts from state to state, without and with a move of the mid: + when both books lean the
same way, - when not. Per state: how often it was left, and the sum of moves towards the heavier
side, ticks."""


def state_of(bid_lots: int, ask_lots: int, spread: int) -> tuple[int, int]:
    """The state of a book, and to which side it leans: 1 the bid, -1 the ask, 0 neither. Compiled
    into the replay's decision kernel, like the next function."""
    lean = bid_lots - ask_lots
    sign = 1 if lean > 0 else -1 if lean < 0 else 0
    bucket = _HALF * lean * sign // (bid_lots + ask_lots)
    # Conditions, because min() costs more than all the rest.
    state = bucket if bucket < _HALF else _HALF - 1
    return state + _HALF * (spread - 1 if spread < SPREAD_BUCKETS else SPREAD_BUCKETS - 1), sign


def note_change(own: "Microprice", tables: ChangeTables, state: int, sign: int, mid2: int) -> bool:
    """One transition; whether a refit is due; own: or a kernel's record with fields of the same
    names. Where sizes were equal both directions are alike:
    nothing to learn."""
    quiet, moved, drift = tables
    before, lean = own.state, own.sign
    if before != _NOWHERE and lean != 0:
        drift[before][0] += 1.0
        if mid2 == own.mid2:
            quiet[before][state] += lean * sign
        else:
            moved[before][state] += lean * sign
            move = (mid2 - own.mid2) * 0.5
            drift[before][1] += lean * max(-MOVE_TICKS_MAX, min(MOVE_TICKS_MAX, move))
        own.count += 1
        own.until_refit -= 1
    own.state = state
    own.sign = sign
    own.mid2 = mid2
    return bool(own.until_refit == 0)


class Microprice:
    """Stoikov's microprice, learned from the stream of best prices with bounded memory.

    The price towards which the mid is expected to move, given the imbalance and the spread
    (Stoikov 2018, "The micro-price", and its notebook; math 3.3). The sample is symmetrised by
    folding: a book that leans to the ask is counted as its mirror image, so the adjustment is
    odd in the imbalance and 0 for equal sizes. Where the tick is small against the usual move
    it may lie outside the best prices: on recorded perpetuals, cutting it there threw away
    most of what it foresees.

    value: ticks; the mid until `ready`; None before the first update. count: changes of state
    or mid seen. Plain Python arithmetic in a fixed order: the same on every machine.
    """

    __slots__ = (
        "_tables",
        "adjustment",
        "count",
        "mid2",
        "ready",
        "sign",
        "state",
        "until_refit",
        "value",
    )
    unit = "ticks"

    def __init__(self) -> None:
        self.value: float | None = None
        self.count = 0
        self.ready = False
        self.adjustment = [0.0] * STATES
        self._tables: ChangeTables = (
            [[0.0] * STATES for _ in range(STATES)],
            [[0.0] * STATES for _ in range(STATES)],
            [[0.0, 0.0] for _ in range(STATES)],
        )
        self.until_refit = REFIT_TRANSITIONS
        self.state = _NOWHERE
        self.sign = self.mid2 = 0

    def update(self, bid_ticks: int, bid_lots: int, ask_ticks: int, ask_lots: int) -> float:
        """The best prices and sizes (not both 0) after any change; returns the new value."""
        spread = ask_ticks - bid_ticks
        assert spread > 0, (bid_ticks, ask_ticks)
        state, sign = state_of(bid_lots, ask_lots, spread)
        mid2 = bid_ticks + ask_ticks
        changed = state != self.state or mid2 != self.mid2 or sign != self.sign
        if changed and note_change(self, self._tables, state, sign, mid2):
            self.refit()
        value = mid2 * 0.5
        if self.ready:
            value += sign * self.adjustment[state]
        self.value = value
        return value

    @property
    def tables(self) -> ChangeTables:
        """What `note_change` counts in."""
        return self._tables

    def refit(self) -> None:
        """Learn from what was counted, and let it fade."""
        quiet, moved, drift = self._tables
        shares = [1.0 / (left + EVEN_TRANSITIONS) for left, _ in drift]
        self.adjustment = adjustment(
            quiet=[[n * share for n in row] for row, share in zip(quiet, shares, strict=True)],
            drift=[move * share for (_, move), share in zip(drift, shares, strict=True)],
            moved=[[n * share for n in row] for row, share in zip(moved, shares, strict=True)],
        )
        for table in self._tables:
            for row in table:
                row[:] = [n * MEMORY for n in row]
        self.until_refit = REFIT_TRANSITIONS
        self.ready = True


def adjustment(
    *, quiet: Sequence[Sequence[float]], drift: Sequence[float], moved: Sequence[Sequence[float]]
) -> list[float]:
    """Expected move of the mid over the next TERMS moves, per state: sum of B^i g1 with
    g1 = (1-Q)^-1 drift and B = (1-Q)^-1 R2.

    quiet: Q, chances of the next state without a mid move. drift: R1 K, mean mid move of the
    next step. moved: R2, chances of the next state with a mid move. Rows of |Q| sum to less
    than 1. Drift and result in one unit.
    """
    size = len(drift)
    lines = [[float(i == j) - quiet[i][j] for j in range(size)] for i in range(size)]
    _factorise(lines)
    term = _solve(lines, drift)
    total = term
    for _ in range(TERMS - 1):
        term = _solve(lines, [_dot(row, term) for row in moved])
        total = [a + b for a, b in zip(total, term, strict=True)]
    return total


def _factorise(lines: list[list[float]]) -> None:
    """Gaussian elimination in place, factors kept below the diagonal. No pivots: the diagonal
    of 1-Q outweighs its row."""
    for i, pivot_line in enumerate(lines):
        pivot = pivot_line[i]
        for line in lines[i + 1 :]:
            factor = line[i] / pivot
            if factor:
                line[i + 1 :] = [
                    a - factor * b for a, b in zip(line[i + 1 :], pivot_line[i + 1 :], strict=True)
                ]
            line[i] = factor


def _solve(lines: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Forward, then back, through factorised lines."""
    x: list[float] = []
    for line, value in zip(lines, right, strict=True):
        x.append(value - _dot(line, x))
    for i in range(len(x) - 1, -1, -1):
        x[i] = (x[i] - _dot(lines[i][i + 1 :], x[i + 1 :])) / lines[i][i]
    return x


def _dot(row: Sequence[float], column: Sequence[float]) -> float:
    return fsum(map(mul, row, column))  # rounded once: sum() differs between Python versions
