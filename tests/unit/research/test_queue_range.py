"""Both queue models side by side: between them lies what is not known about fills."""

import msgspec
import pytest

from market_maker.model.units import Nanos
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.comparing import Stress, stressed
from market_maker.research.evaluation import evaluate
from market_maker.research.queue_range import OTHER, figures_of, with_both_queues
from market_maker.research.replay import ReplayPlan, replay
from market_maker.research.report import render
from tests.toy_market import toy_config, toy_recording


def run(plan):
    return evaluate(replay(plan), 1.0)


def plan_of(queue):
    return ReplayPlan(
        recording=toy_recording(20),
        config=toy_config(),
        exchange=ReplaySettings(queue=queue),
        step_ns=Nanos(100_000_000),
    )


@pytest.fixture(scope="module")
def both():
    return {queue: with_both_queues(plan_of(queue), run) for queue in QueueModel}


def test_whichever_was_asked_for_both_stand_beside_it(both):
    first, second = both.values()
    assert first.result.by_queue == second.result.by_queue
    assert set(first.result.by_queue) == {"probability", "pessimistic"}
    for queue, evaluation in both.items():
        alone = run(plan_of(queue)).result
        assert evaluation.result.by_queue[queue.value] == figures_of(alone)
        assert msgspec.structs.replace(evaluation.result, by_queue={}) == alone


def test_the_page_names_the_distance(both):
    page = render(both[QueueModel.PROBABILITY])
    assert "Between the two queue models lie" in page
    assert "By the queue model" in page
    assert "Between the two queue models" not in render(run(plan_of(QueueModel.PROBABILITY)))


def test_a_comparison_is_stressed_by_the_other_model():
    for queue in QueueModel:
        other = stressed(ReplaySettings(queue=queue), Stress.QUEUE)
        assert other == ReplaySettings(queue=OTHER[queue])
