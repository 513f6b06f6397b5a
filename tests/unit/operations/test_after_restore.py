"""After a restore every pool is halted: what was stopped since the backup is not known."""

import pytest

from market_maker.journaling.audit import Anchor, verify
from market_maker.model.caller import Caller, Role
from market_maker.model.errors import ConflictError, ForbiddenError, IllegalTransitionError
from market_maker.model.lifecycle import PoolState
from market_maker.operations.after_restore import ACTION, RESTORE, hold_pools, is_older, reason_of
from market_maker.operations.halt_reviews import Review
from tests.support.office import ANN, BOB, SYMBOL, at_work, database

pytestmark = pytest.mark.anyio

WHO = Caller("cli:jane", (Role.ADMIN,), "")
LOST = Anchor(ts=1, seq=99, hash="f" * 64)


async def test_every_pool_is_halted_and_the_audit_log_says_why():
    async with database() as store, at_work(store) as office:
        await office.pool()
        held = await hold_pools(store, office.clock, WHO, LOST)
        async with store.reading() as unit:
            state = await unit.states.latest(SYMBOL)
            record = await unit.audit.head()
        assert held.symbols == (SYMBOL,)
        assert 0 < held.until < office.clock.now()
        assert (state.state, state.by) == (PoolState.HALTED, RESTORE)
        assert state.reason == reason_of(held.until)
        assert (record.action, record.subject, record.reason) == (ACTION, "cli:jane", state.reason)
        assert LOST.hash in record.after
        verdict = await verify(store, [Anchor(ts=1, seq=record.seq, hash=record.hash)])
        assert verdict.flaws == ()


async def test_only_risk_resumes_it_and_alone_only_where_no_review_is_required():
    async with database() as store, at_work(store) as office:
        await office.pool()
        await hold_pools(store, office.clock, WHO)
        controls = office.application.controls
        with pytest.raises(IllegalTransitionError, match="restored from a backup"):
            await controls.enable(ANN, SYMBOL)
        with pytest.raises(ForbiddenError, match="only risk may resume"):
            await controls.resume(ANN, SYMBOL)
        assert (await controls.resume(BOB, SYMBOL)).state == PoolState.ACTIVE


async def test_with_reviews_it_takes_two_persons_because_a_restore_is_none():
    async with database() as store, at_work(store, halt_review=True) as office:
        await office.pool()
        await hold_pools(store, office.clock, WHO)
        controls = office.application.controls
        await controls.review(BOB, SYMBOL, "compared with the venue")
        with pytest.raises(ConflictError, match="the only review is yours"):
            await controls.resume(BOB, SYMBOL, Review(reviewed_by="bob", note="compared"))
        cal = Caller("cal", (Role.RISK,), "t3")
        assert (await controls.resume(cal, SYMBOL)).state == PoolState.ACTIVE


async def test_an_empty_database_has_nothing_to_halt():
    async with database() as store, at_work(store) as office:
        held = await hold_pools(store, office.clock, WHO)
        assert (held.symbols, held.until) == ((), 0)
        assert "without a record" in reason_of(held.until)


async def test_a_database_is_older_than_an_anchor_whose_record_it_lacks_or_has_otherwise():
    async with database() as store, at_work(store) as office:
        assert not await is_older(store, Anchor(ts=1, seq=0, hash=""))
        assert not await is_older(store, LOST)  # a new one, without a pool
        await office.pool()
        async with store.reading() as unit:
            (first,) = await unit.audit.after(0, 1)
        assert not await is_older(store, Anchor(ts=1, seq=1, hash=first.hash))
        assert await is_older(store, Anchor(ts=1, seq=1, hash="a" * 64))
        assert await is_older(store, LOST)
