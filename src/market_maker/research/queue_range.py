"""The same run under the other queue model: between the two lies what is not known about fills."""

from collections.abc import Callable

import msgspec

from market_maker.model.shared_fields import shared_fields
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.research.evaluation import Evaluation
from market_maker.research.replay import ReplayPlan
from market_maker.research.result import QueueFigures, ReplayResult

OTHER = {
    QueueModel.PROBABILITY: QueueModel.PESSIMISTIC,
    QueueModel.PESSIMISTIC: QueueModel.PROBABILITY,
}


def with_both_queues(plan: ReplayPlan, run: Callable[[ReplayPlan], Evaluation]) -> Evaluation:
    """The run of `plan`, with the figures of another one that differs in the queue model alone."""
    evaluation = run(plan)
    queue = OTHER[plan.exchange.queue]
    exchange = msgspec.structs.replace(plan.exchange, queue=queue)
    other = run(msgspec.structs.replace(plan, exchange=exchange))
    figures = {
        plan.exchange.queue: figures_of(evaluation.result),
        queue: figures_of(other.result),
    }
    by_queue = {model.value: figures[model] for model in QueueModel}
    result = msgspec.structs.replace(evaluation.result, by_queue=by_queue)
    return msgspec.structs.replace(evaluation, result=result)


def figures_of(result: ReplayResult) -> QueueFigures:
    """What a queue model decides."""
    return QueueFigures(**shared_fields(QueueFigures, result))
