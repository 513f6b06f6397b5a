"""The lowest point of a function of a few numbers, without derivatives: Nelder and Mead 1965."""

import math
from collections.abc import Callable, Sequence

STEPS_MAX = 600
TOLERANCE = 1e-9
FIRST_STEP = 0.5

Point = tuple[float, ...]
Vertex = tuple[float, Point]


def minimise(
    function: Callable[[Point], float], start: Sequence[float], steps: int = STEPS_MAX
) -> tuple[float, Point]:
    """(lowest value, where), downhill from `start`. Deterministic and bounded: ends after `steps`
    moves, or when the simplex is flat to TOLERANCE. math.inf marks what is not allowed; the start
    must be. Finds one valley: try several starts."""
    first = tuple(start)
    corners = [first, *(_moved(first, i, FIRST_STEP) for i in range(len(first)))]
    simplex = sorted((function(corner), corner) for corner in corners)
    for _ in range(steps):
        if simplex[-1][0] - simplex[0][0] <= TOLERANCE * (1.0 + abs(simplex[0][0])):
            break
        _step(function, simplex)
        simplex.sort()
    return simplex[0]


def _step(function: Callable[[Point], float], simplex: list[Vertex]) -> None:
    """Replace the worst corner by a better one, or draw all of them towards the best."""
    best, worst = simplex[0], simplex[-1]
    others = [corner for _, corner in simplex[:-1]]
    centre = tuple(math.fsum(column) / len(others) for column in zip(*others, strict=True))

    def along(share: float) -> Vertex:
        point = tuple(c + share * (c - w) for c, w in zip(centre, worst[1], strict=True))
        return function(point), point

    reflected = along(1.0)
    if reflected[0] < best[0]:
        simplex[-1] = min(reflected, along(2.0))
    elif reflected[0] < simplex[-2][0]:
        simplex[-1] = reflected
    else:
        closer = along(0.5 if reflected[0] < worst[0] else -0.5)
        if closer[0] < min(reflected[0], worst[0]):
            simplex[-1] = closer
        else:
            for i, (_, corner) in enumerate(simplex[1:], 1):
                point = tuple((b + c) / 2.0 for b, c in zip(best[1], corner, strict=True))
                simplex[i] = (function(point), point)


def _moved(point: Point, axis: int, step: float) -> Point:
    return tuple(x + step * (i == axis) for i, x in enumerate(point))
