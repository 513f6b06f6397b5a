"""Linear least squares without an intercept, learned sample by sample (math section 3.3)."""

from collections.abc import Sequence
from typing import TypeAlias

LeastSquaresKept: TypeAlias = tuple[list[float], list[list[float]], list[float]]
"""beta, P, and room for P x."""


class RecursiveLeastSquares:
    """K = P x/(f + x'P x); beta += K (y - x'beta); P = (P - K x'P)/f, with f the forgetting.

    With no forgetting it is ridge regression with lambda 1/P0. Where nothing excites it P would
    grow without end: while its trace is above that of the start, nothing is forgotten. Plain
    Python in a fixed order: the same on every machine.

    beta: the coefficients. count: samples. uncertainty: P, symmetric. most: its trace at the start.
    kept: what `learn_sample` takes.
    """

    __slots__ = ("beta", "count", "forgetting", "kept", "most", "uncertainty")

    def __init__(self, terms: int, forgetting: float, uncertainty: float) -> None:
        assert terms > 0, terms
        assert 0.0 < forgetting <= 1.0, forgetting
        self.beta = [0.0] * terms
        self.count = 0
        self.forgetting = forgetting
        self.uncertainty = [
            [uncertainty if row == column else 0.0 for column in range(terms)]
            for row in range(terms)
        ]
        self.most = terms * uncertainty
        self.kept: LeastSquaresKept = (self.beta, self.uncertainty, [0.0] * terms)

    def add(self, x: Sequence[float], y: float) -> None:
        """One sample, finite."""
        learn_sample(self, self.kept, x, y)


def learn_sample(
    own: RecursiveLeastSquares, kept: LeastSquaresKept, x: Sequence[float], y: float
) -> None:
    """One sample, finite. Compiled into the replay's decision kernel, like the next function: own
    and kept may be its records."""
    beta, matrix, along = kept
    terms = len(beta)
    own.count += 1
    trace = 0.0
    for row in range(terms):
        along[row] = dot(matrix[row], x)
        trace += matrix[row][row]
    keep = own.forgetting if trace <= own.most else 1.0
    scale = keep + dot(x, along)
    error = y - dot(x, beta)
    for row in range(terms):
        gain = along[row] / scale
        beta[row] += gain * error
        line = matrix[row]
        for column in range(terms):
            line[column] = (line[column] - gain * along[column]) / keep


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """Sum of products, from the first to the last; as many as both have."""
    total = 0.0
    for index in range(len(left)):
        total += left[index] * right[index]
    return total
