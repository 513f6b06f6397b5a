from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException

from market_maker.venues.exchange.topic_watch import TopicWatch

READ = {"marks": frozenset({0, 1}), "trades": frozenset({0})}


class Asked:
    """A client. answers: partitions of each topic, or an error's code; None: no answer."""

    def __init__(self, **answers: object) -> None:
        self.answers, self.topics = answers, []

    def __len__(self) -> int:
        """As librdkafka's clients have it: how much waits in it."""
        return 0

    def list_topics(self, topic: str, timeout: float) -> object:
        assert timeout > 0
        self.topics.append(topic)
        answer = self.answers[topic]
        if answer is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        error = KafkaError(answer) if isinstance(answer, int) else None
        numbers = {} if error else dict.fromkeys(answer)
        found = SimpleNamespace(error=error, partitions=numbers)
        return SimpleNamespace(topics={topic: found})


def watch(**answers: object) -> tuple[Asked, TopicWatch]:
    client = Asked(**({"marks": [0, 1], "trades": [0]} | answers))
    return client, TopicWatch(lambda: client, READ)


def test_topics_are_asked_about_in_turn_and_nothing_is_said_while_they_are_the_same() -> None:
    client, made = watch()
    assert [made.change() for _ in range(3)] == ["", "", ""]
    assert client.topics == ["marks", "trades", "marks"]


def test_partitions_that_were_added_and_a_topic_that_is_gone_are_named() -> None:
    _, made = watch(marks=[0, 1, 2], trades=KafkaError.UNKNOWN_TOPIC_OR_PART)
    assert made.change() == "marks has 3 partitions, not 2: read anew"
    assert made.change() == "there is no topic trades"


@pytest.mark.parametrize("answer", [None, KafkaError.LEADER_NOT_AVAILABLE])
def test_no_answer_and_other_troubles_are_no_change(answer: int | None) -> None:
    _, made = watch(marks=answer)
    assert made.change() == ""


def test_a_client_is_made_when_it_is_needed_and_let_go() -> None:
    made: list[Asked] = []

    def make() -> Asked:
        made.append(Asked(marks=[0, 1], trades=[0]))
        return made[-1]

    looking = TopicWatch(make, READ)
    assert made == []
    looking.change()
    looking.change()
    looking.close()
    assert (len(made), looking._client) == (1, None)
