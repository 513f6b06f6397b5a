"""Linear least squares without an intercept, learned sample by sample (math section 3.3)."""

from collections.abc import Sequence


class RecursiveLeastSquares:
    """K = P x/(f + x'P x); beta += K (y - x'beta); P = (P - K x'P)/f, with f the forgetting.

    With no forgetting it is ridge regression with lambda 1/P0. Where nothing excites it P would
    grow without end: while its trace is above that of the start, nothing is forgotten. Plain
    Python in a fixed order: the same on every machine.

    beta: the coefficients. count: samples. uncertainty: P, symmetric.
    """

    __slots__ = ("_most", "beta", "count", "forgetting", "uncertainty")

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
        self._most = terms * uncertainty

    def add(self, x: Sequence[float], y: float) -> None:
        """One sample, finite."""
        matrix = self.uncertainty
        self.count += 1
        along = [dot(row, x) for row in matrix]
        trace = sum(matrix[index][index] for index in range(len(x)))
        keep = self.forgetting if trace <= self._most else 1.0
        scale = keep + dot(x, along)
        error = y - dot(x, self.beta)
        for row, gain in enumerate([each / scale for each in along]):
            self.beta[row] += gain * error
            line = matrix[row]
            for column, other in enumerate(along):
                line[column] = (line[column] - gain * other) / keep

    def forecast(self, x: Sequence[float]) -> float:
        """y at `x`."""
        return dot(x, self.beta)


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """Sum of products, from the first to the last."""
    total = 0.0
    for one, other in zip(left, right, strict=True):
        total += one * other
    return total
