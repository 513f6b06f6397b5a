"""Topics that are missing, and topics that are hidden from who may not see them."""

from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError

from market_maker.topics.lookup import MissingTopicsError, found_topics, in_words

WANTED = ("a.v1", "b.v1", "c.v1")


class Broker:
    """shown: what it lists. code: what it says of a topic that is asked for by name."""

    def __init__(self, *shown: str, code: int | None = None) -> None:
        self._shown, self._code = shown, code
        self.asked: list[str | None] = []

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> SimpleNamespace:
        assert timeout > 0
        self.asked.append(topic)
        if topic is None:
            return SimpleNamespace(topics=dict.fromkeys(self._shown, SimpleNamespace(error=None)))
        error = None if self._code is None else KafkaError(self._code)
        return SimpleNamespace(topics={topic: SimpleNamespace(error=error)})


def test_topics_that_are_there_are_returned_and_asked_for_once() -> None:
    broker = Broker(*WANTED, "other")
    assert set(found_topics(broker, WANTED, 1.0)) == {*WANTED, "other"}
    assert broker.asked == [None]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (None, "there is no topic"),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, "there is no topic"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "the broker does not let this user see topic"),
    ],
)
def test_all_that_are_missing_are_named_with_the_reason_of_the_first(
    code: int | None, why: str
) -> None:
    broker = Broker("b.v1", code=code)
    with pytest.raises(MissingTopicsError, match=rf"^{why} a\.v1, c\.v1$"):
        found_topics(broker, WANTED, 1.0)
    assert broker.asked == [None, "a.v1"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "b:1: Authentication failed (after 302ms in state AUTH_REQ)",
            "b:1: Authentication failed",
        ),
        (
            "b:1: refused (after 0ms in state CONNECT, 5 identical error(s) suppressed)",
            "b:1: refused",
        ),
        ("Local: Broker (after all) failed", "Local: Broker (after all) failed"),
    ],
)
def test_the_same_fault_reads_the_same_however_long_it_took(said: str, words: str) -> None:
    assert in_words(KafkaError(KafkaError._ALL_BROKERS_DOWN, said)) == words
