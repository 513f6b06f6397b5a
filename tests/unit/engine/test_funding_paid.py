"""Funding is paid once per moment, by every member who holds something, and recorded on request."""

from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.accounts import Accounts
from market_maker.model.actions import RecordFunding
from market_maker.model.events import FillFound, FundingPaid, Holding, Restored
from market_maker.model.orders import Side
from tests.unit.engine.desk import FAIR, START, THREE, Desk, pool

BASIS_POINT = 10_000


def funded(ts, rate=BASIS_POINT, price=FAIR):
    return FundingPaid(ts, ts, rate, price)


def held(*positions):
    """Accounts of three members with these positions."""
    accounts = Accounts()
    accounts.configure(pool(members=THREE).members)
    for number, (account, lots) in enumerate(zip(accounts.all, positions, strict=True), 1):
        if lots:
            side = Side.BUY if lots > 0 else Side.SELL
            name = account.member.participant_id
            accounts.found(FillFound(1, 1, number, number, name, side, 0, FAIR, abs(lots), 0))
    return accounts


def test_an_engine_asks_to_record_what_each_member_paid():
    desk = Desk().started()
    desk.step(desk.fill(desk.order(Side.BUY), size=10))
    actions = desk.turn(funded(desk.now))
    (paid,) = [action for action in actions if isinstance(action, RecordFunding)]
    assert (paid.position, paid.rate, paid.price) == (10, BASIS_POINT, FAIR)
    assert paid.amount == -10 * FAIR * BASIS_POINT == desk.snapshot.members[0].funding


@given(
    st.tuples(*[st.integers(-50, 50)] * 3),
    st.lists(st.tuples(st.integers(1, 5), st.integers(-(10**8), 10**8)), max_size=8),
)
def test_records_add_up_to_every_column_and_a_moment_counts_once(positions, payments):
    accounts = held(*positions)
    recorded, seen = [], 0
    for moment, rate in payments:
        told = accounts.fund(funded(moment, rate))
        assert moment > seen or not told
        seen = max(seen, moment)
        recorded += told
    for account in accounts.all:
        own = [r.amount for r in recorded if r.member == account.member.participant_id]
        assert sum(own) == account.position.funding
    assert sum(r.amount for r in recorded) == accounts.pool.funding
    assert all(r.position for r in recorded)
    assert len({(r.ts_event, r.member) for r in recorded}) == len(recorded)


def test_what_was_recorded_before_a_restart_is_not_paid_again():
    accounts = held(10, 0, 0)
    fresh = Accounts()
    fresh.configure(pool(members=THREE).members)
    name = accounts.all[0].member.participant_id
    some = Holding(10, 5, 0, 0, 0, -7)
    fresh.restore(Restored(START, "restarted", some, ((name, some),), funded_at=START))
    assert fresh.fund(funded(START)) == []
    assert fresh.pool.funding == -7
    assert len(fresh.fund(funded(START + 1))) == 1
