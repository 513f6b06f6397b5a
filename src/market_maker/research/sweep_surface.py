"""The surface of a sweep: the mean over configurations by two of the fields, with its interval."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, groupby

import numpy as np
from msgspec import Struct

from market_maker.research.resampling import Interval, RunSeries, long_enough, total
from market_maker.research.sweep_folder import RunKey, SweepRun
from market_maker.research.sweep_plan import SweepPlan
from market_maker.research.sweep_result import NO_INTERVAL, series_of
from market_maker.research.sweep_space import SweptValue, shown_value

BINS_MAX = 10
"""More values of a field than this are put together, as many in each bin."""

FIELDS_MAX = 4
"""Of so many fields every pair is a picture."""


class SurfaceCell(Struct, frozen=True):
    """Configurations with the same two values: how many, and the mean of their net PnL."""

    count: int
    net_pnl: Interval


class Surface(Struct, frozen=True):
    """cells[i][j]: of down[i] and across[j]; None where there is no configuration. across: one
    empty name where only one field is varied."""

    down_field: str
    across_field: str
    down: tuple[str, ...]
    across: tuple[str, ...]
    cells: tuple[tuple[SurfaceCell | None, ...], ...]


class _Axis(Struct, frozen=True):
    """names: of the bins; place: of each value, by the value."""

    field: str
    names: tuple[str, ...]
    place: Mapping[SweptValue, int]


def surfaces(plan: SweepPlan, done: Mapping[RunKey, SweepRun]) -> list[Surface]:
    """A surface for each pair of the first FIELDS_MAX fields that take several values. Only
    configurations that ran on everything are in it."""
    stretches = plan.rung(plan.rungs - 1)
    whole: dict[int, list[RunSeries]] = {}
    for number in range(1, plan.configurations):
        runs = [done[number, each] for each in stretches if (number, each) in done]
        if len(runs) == len(stretches):
            whole[number] = series_of(runs)
    axes = [_axis(plan, column, whole) for column in range(len(plan.space))]
    varied = [column for column, axis in enumerate(axes) if len(axis.names) > 1][:FIELDS_MAX]
    if len(varied) == 1:
        return [_surface(plan, axes, (varied[0], None), whole)]
    return [_surface(plan, axes, pair, whole) for pair in combinations(varied, 2)]


def _axis(plan: SweepPlan, column: int, whole: Mapping[int, object]) -> _Axis:
    values = {plan.points[number - 1][column] for number in whole}
    field = plan.space[column].field
    if not all(isinstance(value, Decimal) for value in values):
        names = list(dict.fromkeys(plan.points[number - 1][column] for number in whole))
        return _Axis(field, tuple(map(shown_value, names)), {v: i for i, v in enumerate(names)})
    numbers = sorted(value for value in values if isinstance(value, Decimal))
    if len(numbers) <= BINS_MAX:
        return _Axis(field, tuple(map(shown_value, numbers)), {v: i for i, v in enumerate(numbers)})
    bins: dict[SweptValue, int] = {
        value: BINS_MAX * i // len(numbers) for i, value in enumerate(numbers)
    }
    groups = [list(group) for _, group in groupby(numbers, lambda value: bins[value])]
    names_of = tuple(f"{shown_value(each[0])} to {shown_value(each[-1])}" for each in groups)
    return _Axis(field, names_of, bins)


def _surface(
    plan: SweepPlan,
    axes: Sequence[_Axis],
    pair: tuple[int, int | None],
    whole: Mapping[int, list[RunSeries]],
) -> Surface:
    down, across = pair
    groups: dict[tuple[int, int], list[list[RunSeries]]] = {}
    for number, series in whole.items():
        point = plan.points[number - 1]
        column = 0 if across is None else axes[across].place[point[across]]
        groups.setdefault((axes[down].place[point[down]], column), []).append(series)
    width = 1 if across is None else len(axes[across].names)
    return Surface(
        down_field=axes[down].field,
        across_field="" if across is None else axes[across].field,
        down=axes[down].names,
        across=("",) if across is None else axes[across].names,
        cells=tuple(
            tuple(_cell(groups.get((i, j)), plan.terms.seed) for j in range(width))
            for i in range(len(axes[down].names))
        ),
    )


def _cell(group: Sequence[list[RunSeries]] | None, seed: int) -> SurfaceCell | None:
    if group is None:
        return None
    mean = list(_means(group))
    if not long_enough(mean):
        value = sum(float(each.pnl.sum()) for each in mean)
        return SurfaceCell(len(group), Interval(value, NO_INTERVAL.low, NO_INTERVAL.high))
    return SurfaceCell(len(group), total(mean, seed).net_pnl)


def _means(group: Sequence[list[RunSeries]]) -> Iterator[RunSeries]:
    """Of each stretch the mean of the configurations: what they have in common stays."""
    for runs in zip(*group, strict=True):
        yield RunSeries(
            np.mean([run.pnl for run in runs], axis=0),
            np.mean([run.turnover for run in runs], axis=0),
            runs[0].cell_seconds,
        )
