"""Metrics of a worker, and one page of those of all: what a worker measures has its number as a
label."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from typing_extensions import override

from market_maker.model.units import NANOS_PER_SECOND
from market_maker.ports import Clock
from market_maker.serving.pool_readings import pool_readings
from market_maker.serving.trading_life import TradingSide
from market_maker.serving.watching import Watching
from market_maker.telemetry import names
from market_maker.telemetry.metrics import Metrics, MetricSources
from market_maker.telemetry.page import MetricsPage, add_pool

HEAD = "# "
POOLS_AT_ONCE = 5
"""Pools that are written before the engines have their turn."""


async def worker_page(side: TradingSide, watching: Watching, dropped: int) -> str:
    """Of one worker: its pools, its loop, its records and its process. dropped: log lines."""
    page, measures = MetricsPage(), watching.measures
    readings = pool_readings(side.engine_host, side.reconciliation, side.clock)
    for count, reading in enumerate(readings):
        add_pool(page, reading, measures.of(reading.snapshot.symbol))
        if count % POOLS_AT_ONCE == 0:
            await asyncio.sleep(0)
    page.add_histogram(names.LOOP_LAG, measures.lag)
    values = (
        (names.TOPICS_PARKED, side.lines.topics.parked),
        (names.TOPICS_LAG, (side.lines.topics.lag or 0) / NANOS_PER_SECOND),
        (names.RECORDS_WAITING, side.recorder.backlog + side.intent_log.waiting),
        (names.RECORDS_REFUSED, side.recorder.quarantined + side.intent_log.refused),
        (names.ORDERS_UNRECORDED, side.intent_log.unrecorded),
        (names.JOURNAL_TURNS_LOST, side.journals.lost),
        (names.JOURNAL_FAILURES, side.journals.health.failures),
        (names.LOG_LINES_DROPPED, dropped),
        (names.CLOCK_DRIFT, watching.clock.drift_s),
        (names.CLOCK_STEPS, watching.clock.steps),
    )
    page.add_all(values, "")
    watching.connections.add_to(page)
    library = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=library)
    return "".join(page.pieces()) + generate_latest(library).decode()


def merged(edge: str, workers: Mapping[int, str]) -> str:
    """One page: each family once, the edge's samples first."""
    heads, samples = _families(edge)
    for number, page in workers.items():
        more_heads, more = _families(page)
        for family, head in more_heads.items():
            heads.setdefault(family, head)
        for family, lines in more.items():
            samples[family] += [_labelled(line, number) for line in lines]
    return "".join(heads[family] + "".join(samples[family]) for family in heads)


def _families(page: str) -> tuple[dict[str, str], defaultdict[str, list[str]]]:
    """HELP and TYPE, and the samples, of each family."""
    heads: defaultdict[str, str] = defaultdict(str)
    samples: defaultdict[str, list[str]] = defaultdict(list)
    family = ""
    for line in page.splitlines(keepends=True):
        if line.startswith(HEAD):
            family = line.split(" ", 3)[2]
            heads[family] += line
        else:
            samples[family].append(line)
    return dict(heads), samples


def _labelled(line: str, number: int) -> str:
    """A sample with the worker's number among its labels."""
    name, brace, rest = line.partition("{")
    if brace and " " not in name:
        return f'{name}{{worker="{number}",{rest}'
    name, _, value = line.partition(" ")
    return f'{name}{{worker="{number}"}} {value}'


class JoinedMetrics(Metrics):
    """The edge's metrics and those of its workers. A worker that does not answer is missing."""

    def __init__(
        self,
        readings: MetricSources,
        clock: Clock,
        workers: Sequence[tuple[int, Callable[[], Awaitable[str]]]],
    ) -> None:
        super().__init__(readings, clock)
        self._workers = workers

    @override
    async def page(self) -> bytes:
        edge = (await super().page()).decode()
        numbers = [number for number, _ in self._workers]
        pages = await asyncio.gather(*(ask() for _, ask in self._workers))
        answered = {number: text for number, text in zip(numbers, pages, strict=True) if text}
        return merged(edge, answered).encode()
