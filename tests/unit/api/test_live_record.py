"""New fills and audit records are sent once each; what happened without a reader is not."""

import pytest

from market_maker.api.live_notices import Notices
from market_maker.api.live_record import AWAY, READ_INTERVAL, RecordWatch
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.units import Nanos
from tests.support.office import SYMBOL, Office

pytestmark = pytest.mark.anyio
START = Nanos(10 * AWAY)


def kinds(notices: Notices) -> list[str]:
    return [each.kind for each in notices.after(0) or ()]


async def test_what_was_there_at_the_first_reading_is_not_news(office: Office) -> None:
    await office.holding()
    notices = Notices(lambda: START)
    watch = RecordWatch(office.store, notices)
    await watch.read_new(START)
    await watch.read_new(Nanos(START + READ_INTERVAL))
    assert kinds(notices) == []


async def test_each_fill_is_sent_once_and_the_audit_log_by_its_newest(office: Office) -> None:
    notices = Notices(lambda: START)
    watch = RecordWatch(office.store, notices)
    await watch.read_new(START)
    await office.holding()
    await watch.read_new(Nanos(START + READ_INTERVAL - 1))
    assert kinds(notices) == []  # asked too early
    for second in (1, 2, 3):
        await watch.read_new(Nanos(START + second * READ_INTERVAL))
    assert kinds(notices) == ["fill", "audit"]
    (fill, _) = notices.after(0) or ()
    assert fill.only == SYMBOL


async def test_after_a_while_without_readers_they_begin_anew(office: Office) -> None:
    notices = Notices(lambda: START)
    watch = RecordWatch(office.store, notices)
    await watch.read_new(START)
    notices.add("state", {})
    await office.holding()
    await watch.read_new(Nanos(START + 2 * AWAY))
    assert notices.after(1) is None
    assert kinds(notices) == []


class AwayAtFirst:
    """A store that does not answer when it is asked first."""

    def __init__(self, store) -> None:
        self._store, self._asked = store, 0

    def reading(self):
        self._asked += 1
        if self._asked == 1:
            raise StoreUnavailableError("away")
        return self._store.reading()


async def test_what_was_there_when_the_first_reading_failed_is_not_news(office: Office) -> None:
    await office.holding()
    notices = Notices(lambda: START)
    watch = RecordWatch(AwayAtFirst(office.store), notices)
    for second in range(3):
        await watch.read_new(Nanos(START + second * READ_INTERVAL))
    assert kinds(notices) == []


class Away:
    """A store that does not answer."""

    def reading(self):
        raise StoreUnavailableError("away")


async def test_a_database_that_is_away_is_asked_again_later() -> None:
    notices = Notices(lambda: START)
    watch = RecordWatch(Away(), notices)
    for second in range(3):
        await watch.read_new(Nanos(START + second * READ_INTERVAL))
    assert kinds(notices) == []
