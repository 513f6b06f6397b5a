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
    """One sample, finite. Compiled into the replay's decision kernel, like the next functions: own
    and kept may be its records."""
    own.count += 1
    beta, matrix, along = kept
    terms = len(beta)
    if terms == 2:  # noqa: PLR2004
        learn_two(own, kept, x, y)
        return
    if terms == 3:  # noqa: PLR2004
        learn_three(own, kept, x, y)
        return
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


def learn_two(
    own: RecursiveLeastSquares, kept: LeastSquaresKept, x: Sequence[float], y: float
) -> None:
    """As `learn_sample` for two terms, line by line: the same sums in the same order, in a third of
    the time."""
    beta, matrix, _ = kept
    a, b = x[0], x[1]
    line_a, line_b = matrix[0], matrix[1]
    aa, ab = line_a[0], line_a[1]
    ba, bb = line_b[0], line_b[1]
    along_a = 0.0 + aa * a + ab * b
    along_b = 0.0 + ba * a + bb * b
    keep = own.forgetting if 0.0 + aa + bb <= own.most else 1.0
    scale = keep + (0.0 + a * along_a + b * along_b)
    of_a, of_b = beta[0], beta[1]
    error = y - (0.0 + a * of_a + b * of_b)
    gain = along_a / scale
    beta[0] = of_a + gain * error
    line_a[0] = (aa - gain * along_a) / keep
    line_a[1] = (ab - gain * along_b) / keep
    gain = along_b / scale
    beta[1] = of_b + gain * error
    line_b[0] = (ba - gain * along_a) / keep
    line_b[1] = (bb - gain * along_b) / keep


def learn_three(
    own: RecursiveLeastSquares, kept: LeastSquaresKept, x: Sequence[float], y: float
) -> None:
    """The same for three terms."""
    beta, matrix, _ = kept
    a, b, c = x[0], x[1], x[2]
    line_a, line_b, line_c = matrix[0], matrix[1], matrix[2]
    aa, ab, ac = line_a[0], line_a[1], line_a[2]
    ba, bb, bc = line_b[0], line_b[1], line_b[2]
    ca, cb, cc = line_c[0], line_c[1], line_c[2]
    along_a = 0.0 + aa * a + ab * b + ac * c
    along_b = 0.0 + ba * a + bb * b + bc * c
    along_c = 0.0 + ca * a + cb * b + cc * c
    keep = own.forgetting if 0.0 + aa + bb + cc <= own.most else 1.0
    scale = keep + (0.0 + a * along_a + b * along_b + c * along_c)
    of_a, of_b, of_c = beta[0], beta[1], beta[2]
    error = y - (0.0 + a * of_a + b * of_b + c * of_c)
    gain = along_a / scale
    beta[0] = of_a + gain * error
    line_a[0] = (aa - gain * along_a) / keep
    line_a[1] = (ab - gain * along_b) / keep
    line_a[2] = (ac - gain * along_c) / keep
    gain = along_b / scale
    beta[1] = of_b + gain * error
    line_b[0] = (ba - gain * along_a) / keep
    line_b[1] = (bb - gain * along_b) / keep
    line_b[2] = (bc - gain * along_c) / keep
    gain = along_c / scale
    beta[2] = of_c + gain * error
    line_c[0] = (ca - gain * along_a) / keep
    line_c[1] = (cb - gain * along_b) / keep
    line_c[2] = (cc - gain * along_c) / keep


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """Sum of products, from the first to the last; as many as both have."""
    count = len(left)
    if count == 2:  # noqa: PLR2004
        return 0.0 + left[0] * right[0] + left[1] * right[1]
    if count == 3:  # noqa: PLR2004
        return 0.0 + left[0] * right[0] + left[1] * right[1] + left[2] * right[2]
    total = 0.0
    for index in range(count):
        total += left[index] * right[index]
    return total
