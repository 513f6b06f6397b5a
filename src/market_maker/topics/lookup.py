"""Which topics a client of the brokers finds, and why others are not there: a broker hides what its
user may not see, and says so only to who asks for a topic by its name."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from confluent_kafka import KafkaError

REFUSED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
"""The broker knows us, and its access list does not let us."""


_TIMING = re.compile(r" \(after \d+ms in state [^()]*(?:\(s\)[^()]*)?\)")
"""How long an attempt took, and how many others failed in the same way."""


def in_words(error: KafkaError) -> str:
    """What is wrong; the same fault reads the same each time, so that it is logged once."""
    return _TIMING.sub("", error.str())


class Client(Protocol):
    """A producer or a consumer."""

    def list_topics(self, topic: str = ..., timeout: float = ...) -> Any:
        """What the broker says of one topic, or of all. Raises KafkaException."""


def found_topics(client: Client, wanted: Sequence[str], within_s: float) -> Mapping[str, Any]:
    """All topics that the broker shows. Raises KafkaException, and MissingTopicsError unless the
    `wanted` ones are among them."""
    found: Mapping[str, Any] = client.list_topics(timeout=within_s).topics
    missing = [topic for topic in wanted if topic not in found]
    if missing:
        refused = _code_of(client, missing[0], within_s) in REFUSED
        why = "the broker does not let this user see topic" if refused else "there is no topic"
        raise MissingTopicsError(f"{why} {', '.join(missing)}")
    return found


def _code_of(client: Client, topic: str, within_s: float) -> int | None:
    """Of the broker's error for one topic; None without one. Raises KafkaException."""
    asked = client.list_topics(topic, timeout=within_s).topics.get(topic)
    return None if asked is None or asked.error is None else int(asked.error.code())


class MissingTopicsError(Exception):
    """In words: which, and why."""
