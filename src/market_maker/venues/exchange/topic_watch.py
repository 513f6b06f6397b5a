"""Whether the exchange's topics are what they were when reading them began. Partitions that are
added, and a topic that is deleted, show in no other way than by asking."""

from collections.abc import Callable, Mapping
from itertools import cycle

from confluent_kafka import KafkaError, KafkaException

from market_maker.topics.lookup import Client

ANSWER_WITHIN_S = 0.2
"""How long the brokers may take. An end waits for it, and reading does not."""

GONE = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.UNKNOWN_TOPIC_ID})
"""What the broker says of a topic that was deleted."""


class TopicWatch:
    """Of a thread of its own. client: makes another one than that which reads, and which would have
    to wait. partitions: of each topic, as they are read."""

    def __init__(
        self, client: Callable[[], Client], partitions: Mapping[str, frozenset[int]]
    ) -> None:
        self._make, self._partitions = client, partitions
        self._client: Client | None = None
        self._topics = cycle(partitions)

    def change(self) -> str:
        """Of the topic whose turn it is, in words; empty where it is what it was. Waits for the
        answer. Brokers that do not answer now are noticed by what does not come."""
        topic = next(self._topics)
        if self._client is None:
            # It has a length, of what waits in it: an idle one is not true.
            self._client = self._make()
        try:
            found = self._client.list_topics(topic, timeout=ANSWER_WITHIN_S).topics[topic]
        except KafkaException:
            return ""
        if found.error is not None:
            return f"there is no topic {topic}" if found.error.code() in GONE else ""
        now, before = len(found.partitions), len(self._partitions[topic])
        if frozenset(found.partitions) == self._partitions[topic]:
            return ""
        return f"{topic} has {now} partitions, not {before}: read anew"

    def close(self) -> None:
        """Let the client go, which ends its connections."""
        self._client = None
