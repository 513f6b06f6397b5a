"""The queue before our orders on the replay venue: estimators.queue_position, compiled."""

from enum import StrEnum

from market_maker.estimators import queue_position
from market_maker.replay_venue.compiled import shared

POWER1 = queue_position.POWER1


class QueueModel(StrEnum):
    """How cancels at our price move us. probability: power1 with an exponent."""

    PESSIMISTIC = "pessimistic"
    PROBABILITY = "probability"


shared(queue_position.curve_value, __package__)
probability_behind = shared(queue_position.probability_behind, __package__)
front_after_depth = shared(queue_position.front_after_depth, __package__)
whole_lots = shared(queue_position.whole_lots, __package__)
