import pytest

from market_maker.model.alerts import AlertCriteria, AlertRecord, AlertSeverity, AlertState
from market_maker.model.errors import ConflictError
from market_maker.model.units import Nanos
from market_maker.ports import Store
from tests.builders import NOW, SYMBOL

pytestmark = pytest.mark.anyio


def alert(kind: str = "halted", symbol: str = SYMBOL) -> AlertRecord:
    return AlertRecord(
        id=0,
        symbol=symbol,
        kind=kind,
        severity=AlertSeverity.CRITICAL,
        text="loss limit exceeded",
        since=NOW,
    )


async def test_of_a_symbol_and_kind_one_alert_holds_at_a_time(store: Store) -> None:
    async with store.transaction() as unit:
        first = await unit.alerts.add(alert())
    with pytest.raises(ConflictError):
        async with store.transaction() as unit:
            await unit.alerts.add(alert())
    async with store.transaction() as unit:
        await unit.alerts.clear(first.id, Nanos(NOW + 1))
        again = await unit.alerts.add(alert())
        assert await unit.alerts.holding() == (again,)
        before = await unit.alerts.get(first.id)
    assert before is not None
    assert (before.state, again.state) == (AlertState.CLEARED, AlertState.OPEN)
    assert again.id > first.id > 0


async def test_an_alert_is_acknowledged_once(store: Store) -> None:
    async with store.transaction() as unit:
        made = await unit.alerts.add(alert())
        assert await unit.alerts.acknowledge(made.id, "ann", "on it", NOW)
        assert not await unit.alerts.acknowledge(made.id, "bob", "", NOW)
        assert not await unit.alerts.acknowledge(99, "bob", "", NOW)
        found = await unit.alerts.get(made.id)
    assert found is not None
    assert (found.acknowledged_by, found.note, found.state) == (
        "ann",
        "on it",
        AlertState.ACKNOWLEDGED,
    )


async def test_pages_filter_by_state_severity_and_symbol(store: Store) -> None:
    async with store.transaction() as unit:
        made = [await unit.alerts.add(alert(f"kind_{n}")) for n in range(4)]
        other = await unit.alerts.add(alert(symbol=""))
        await unit.alerts.clear(made[0].id, NOW)
        await unit.alerts.acknowledge(made[1].id, "ann", "", NOW)
        await unit.alerts.raise_to(made[2].id, AlertSeverity.WARNING, "less")

    async def ids(**wanted: object) -> list[int]:
        async with store.reading() as unit:
            page = await unit.alerts.page(AlertCriteria(**wanted), 10)  # type: ignore[arg-type]
        return [each.id for each in page.items]

    assert await ids() == [other.id, *(each.id for each in reversed(made))]
    assert await ids(state=AlertState.OPEN) == [other.id, made[3].id, made[2].id]
    assert await ids(state=AlertState.ACKNOWLEDGED) == [made[1].id]
    assert await ids(state=AlertState.CLEARED) == [made[0].id]
    assert await ids(severity=AlertSeverity.WARNING) == [made[2].id]
    assert await ids(symbol="") == [other.id]


async def test_what_was_cleared_long_ago_is_forgotten(store: Store) -> None:
    async with store.transaction() as unit:
        made = [await unit.alerts.add(alert(f"kind_{n}")) for n in range(3)]
        await unit.alerts.clear(made[0].id, NOW)
        await unit.alerts.clear(made[1].id, Nanos(NOW + 10))
        assert await unit.alerts.purge(Nanos(NOW + 5)) == 1
        assert await unit.alerts.get(made[0].id) is None
        assert await unit.alerts.holding() == (made[2],)
