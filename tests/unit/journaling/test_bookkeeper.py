"""What a pool trades is in the ledger, to the last unit of what its engine knows."""

import pytest

from market_maker.accounting.ledger_check import check_ledger
from market_maker.model.records import ActivityCriteria
from market_maker.model.units import VALUE_SCALE
from tests.support.office import PATIENCE_S, SYMBOL, Office

pytestmark = pytest.mark.anyio


async def test_what_a_pool_trades_is_posted_as_its_engine_accounts_for_it(office: Office) -> None:
    names = await office.quoting()
    venue = office.venues[SYMBOL]
    for turn in range(12):
        known = sorted(venue.open)
        venue.fill(known[turn % len(known)], fee=1_000 * (turn - 4))
        await office.passes(400)
    assert await office.recorder.flushed(PATIENCE_S)
    runner = office.engine_host.get(SYMBOL)
    assert runner is not None
    accounts = runner.snapshot().members
    grid = runner.instrument
    step = grid.tick_size * grid.lot_size / VALUE_SCALE
    async with office.store.reading() as unit:
        sums = await unit.activity.hours(ActivityCriteria(), ("participant_id",))
        realised = {each.participant_id: each.realised for each in sums}
        fees = {each.participant_id: each.fees for each in sums}
        for account in accounts:
            name = account.participant_id
            entry = await unit.ledger.latest(SYMBOL, name)
            assert entry is not None
            assert entry.position == account.position * grid.lot_size
            assert realised[name] == account.realised * step
            assert fees[name] == account.fees * step
    assert sorted(realised) == sorted(names)
    verdict = await check_ledger(office.store, None, lambda *_: None)
    assert (verdict.entries, verdict.count) == (12, 0)
