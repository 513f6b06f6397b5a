"""The pool's position is the sum of the positions of its members, former ones among them."""

from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.accounts import Accounts
from market_maker.model.events import FillFound, FundingPaid
from market_maker.model.orders import Side
from tests.unit.engine.desk import THREE

FILLS = st.lists(
    st.tuples(
        st.sampled_from(("ann", "bob", "cid", "gone")),
        st.sampled_from(list(Side)),
        st.integers(1, 10**6),
        st.integers(1, 10**4),
    ),
    max_size=20,
)


def found(name, side, price, size):
    return FillFound(1, 1, 1, 1, name, side, 0, price, size, 0)


@given(FILLS)
def test_fills_of_members_and_former_ones_add_up_to_the_pool(fills):
    accounts = Accounts()
    accounts.configure(THREE)
    for fill in fills:
        accounts.found(found(*fill))
    assert accounts.pool.lots == sum(each.position.lots for each in accounts.all)
    assert accounts.pool.cash == sum(each.position.cash for each in accounts.all)


def test_a_member_that_left_keeps_its_position_and_may_not_quote():
    accounts = Accounts()
    accounts.configure(THREE)
    accounts.found(found("bob", Side.BUY, 100, 5))
    accounts.configure(THREE[:1])
    assert [each.member.participant_id for each in accounts.quoting] == ["ann"]
    (bob,) = [each for each in accounts.all if each.member.participant_id == "bob"]
    assert (bob.position.lots, bob.member.active) == (5, False)


def test_funding_that_is_repeated_counts_once():
    accounts = Accounts()
    accounts.configure(THREE)
    accounts.found(found("ann", Side.BUY, 100, 5))
    payment = FundingPaid(10, 10, 1_000, 100)
    (stored,) = accounts.fund(payment)
    assert (stored.member, stored.position) == ("ann", 5)
    assert accounts.fund(payment) == []
