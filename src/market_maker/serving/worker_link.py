"""The edge's end of the connection to one worker."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec
from msgspec import structs

from market_maker.execution.published_pool import PoolTerms, PublishedPool
from market_maker.model.errors import ProcessLostError
from market_maker.model.units import Nanos
from market_maker.ports import Clock
from market_maker.serving.worker_wire import (
    ANSWERS,
    EDGE_DECODER,
    Answered,
    FromWorker,
    OneWay,
    PoolsPublished,
    ToWorker,
    WorkerBegun,
    WorkerEnded,
    WorkerFrames,
    WorkerPulse,
    WorkerQuestion,
    raised,
)
from market_maker.telemetry.tracing import current_trace_id, current_traceparent

ANSWER_WITHIN_S = 30.0
"""No command takes longer; a worker that is silent ends sooner (serving.worker_fleet)."""


class WorkerLink:
    """begun: the worker's first message, None before it. pulse: the last one, and when it came.
    ended: its last message, None without one. is_open: while both ends live. published: called
    with what it publishes."""

    def __init__(
        self, frames: WorkerFrames, clock: Clock, published: Callable[[PoolsPublished], None]
    ) -> None:
        self._frames, self._clock, self._published = frames, clock, published
        self._numbers = count(1)
        self._asked: dict[int, tuple[type[Any], asyncio.Future[Any]]] = {}
        self._terms: dict[str, PoolTerms] = {}
        self.begun: WorkerBegun | None = None
        self.pulse = WorkerPulse(0, {})
        self.ended: WorkerEnded | None = None
        self.last_sign: Nanos = clock.now()
        self.is_open = True

    async def run(self) -> None:
        """Take in what the worker sends, until it is gone."""
        try:
            while (content := await self._frames.next()) is not None:
                self.last_sign = self._clock.now()
                self._take(EDGE_DECODER.decode(content))
        finally:
            self.is_open = False
            for _, answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(ProcessLostError("the worker ended before it answered"))
            self._frames.close()

    async def ask(self, what: WorkerQuestion, within_s: float = ANSWER_WITHIN_S) -> Any:
        """The worker's answer, of the type in ANSWERS. Raises what the command raises there, and
        ProcessLostError where the worker is gone, or does not answer in time."""
        if not self.is_open:
            raise ProcessLostError("the worker is gone")
        number, answer = next(self._numbers), asyncio.get_running_loop().create_future()
        self._asked[number] = (type(what), answer)
        try:
            self._frames.send(_to_worker(number, what))
            async with asyncio.timeout(within_s):
                return await answer
        except TimeoutError:
            problem = f"the worker did not answer within {within_s:g} s"
            raise ProcessLostError(problem) from None
        finally:
            del self._asked[number]

    def send(self, what: OneWay) -> None:
        """What needs no answer."""
        self._frames.send(_to_worker(0, what))

    def _take(self, message: FromWorker) -> None:
        match message:
            case PoolsPublished():
                self._published(self._whole(message))
            case WorkerPulse():
                self.pulse = message
            case Answered():
                self._answer(message)
            case WorkerBegun():
                self.begun = message
            case WorkerEnded():
                self.ended = message

    def _whole(self, news: PoolsPublished) -> PoolsPublished:
        """With the terms that came with an earlier publication of the same worker."""
        pools = tuple(map(self._with_terms, news.pools))
        for symbol in news.gone:
            self._terms.pop(symbol, None)
        return structs.replace(news, pools=pools)

    def _with_terms(self, pool: PublishedPool) -> PublishedPool:
        if pool.terms is None:
            return structs.replace(pool, terms=self._terms[pool.symbol])
        self._terms[pool.symbol] = pool.terms
        return pool

    def _answer(self, message: Answered) -> None:
        kind, answer = self._asked.get(message.number, (None, None))
        if kind is None or answer is None or answer.done():
            return
        if message.failure is not None:
            answer.set_exception(raised(message.failure))
        else:
            answer.set_result(msgspec.json.decode(message.value, type=ANSWERS[kind]))


def _to_worker(number: int, what: WorkerQuestion | OneWay) -> ToWorker:
    return ToWorker(number, current_trace_id(), what, current_traceparent())
