"""Numbers that only grow, and what shows that one of them was a fault."""

from enum import Enum, auto
from typing import TypeAlias

from market_maker.model.errors import InvalidDataError

TopicPlace: TypeAlias = tuple[int, int]
"""An epoch of the matching engine, and a number in it."""

NOWHERE: TopicPlace = (-1, -1)

JUMP_MAX = 10**9
"""Numbers are given out one by one, so that no more than so many were missed. One that is further
ahead is a fault, and all that follows it would be old news for ever. So of an epoch, which is such
a number or a time in any unit: a time that comes to more than twice the one before it is none."""

AGAINST = 3
"""So many messages of a topic that follow one another, and fit everything but the newest, show that
the newest was the fault. One or two may have been overtaken on their way to the broker."""


class TopicVerdict(Enum):
    """NEWS: further than everything before. OLD: it is not. ANEW: what was the newest is shown to
    be a fault, and everything that rests on it is void."""

    NEWS = auto()
    OLD = auto()
    ANEW = auto()


class Ascent:
    """The places of one topic's messages, which the broker keeps in order. newest: the furthest
    that was met; before: the one that it followed.

    A place far ahead is refused. The first of all, and one less far ahead, cannot be judged alone:
    those that follow decide. A repetition never counts, for it lies behind both."""

    def __init__(self) -> None:
        self.newest = self.before = NOWHERE
        self._rival, self._rivals = NOWHERE, 0

    def judge(self, place: TopicPlace) -> TopicVerdict:
        """Take one place in. Raises InvalidDataError where it is too far ahead."""
        if place > self.newest and _jump(self.newest, place) is None:
            self.before, self.newest = self.newest, place
            self._rival, self._rivals = NOWHERE, 0
            return TopicVerdict.NEWS
        if self.before < place != self.newest and self._is_shown(place):
            return TopicVerdict.ANEW
        refuse_jump(self.newest, place)
        return TopicVerdict.OLD

    def _is_shown(self, place: TopicPlace) -> bool:
        """Whether the newest is a fault, by a place that fits all but it."""
        if place == self._rival:
            return False
        follows = self._rival < place and not _jump(self._rival, place)
        self._rivals = self._rivals + 1 if follows else 1
        if self._rivals < AGAINST:
            self._rival = place
            return False
        self.before, self.newest = self._rival, place
        self._rival, self._rivals = NOWHERE, 0
        return True


def refuse_jump(before: TopicPlace, place: TopicPlace) -> None:
    """Raises InvalidDataError."""
    problem = _jump(before, place)
    if problem is not None:
        raise InvalidDataError(*problem)


def _jump(before: TopicPlace, place: TopicPlace) -> tuple[str, str] | None:
    """The number that is too far ahead, and in words; None where it is not."""
    (epoch, seq), (epoch_before, seq_before) = place, before
    if epoch_before >= 0 and epoch > max(epoch_before + JUMP_MAX, 2 * epoch_before):
        return "epoch", f"{epoch} is too far ahead of {epoch_before}"
    if epoch == epoch_before and seq_before >= 0 and seq - seq_before > JUMP_MAX:
        return "seq", f"{seq} is too far ahead of {seq_before}"
    return None
