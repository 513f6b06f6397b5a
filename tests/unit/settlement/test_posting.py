from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market_maker.model.money import EntryKind, MoneyFlow
from market_maker.model.orders import Side
from market_maker.settlement.average_cost import FLAT, Held
from market_maker.settlement.posting import (
    approval_entry,
    fill_entry,
    fill_ref,
    funding_entry,
    funding_ref,
    held_after,
    transfer_entry,
)
from tests.reference.openings import opened_at, opening_entry, unrealised
from tests.unit.settlement.facts import FUNDING, fill, record

EVENTS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(list(Side)),
            st.integers(1, 10**7),
            st.integers(1, 10**5),
            st.integers(-(10**12), 10**12),
        ),
        st.integers(-(10**9), 10**9),
    ),
    max_size=30,
)


@given(EVENTS, st.integers(1, 10**7))
def test_every_entry_balances_and_the_books_are_worth_what_was_earned(events, mark):
    held, entries = FLAT, []
    for number, event in enumerate(events):
        if isinstance(event, tuple):
            side, price, size, fee = event
            row = fill(trade_id=number, side=side, price=price, size=size, fee=fee)
            entries.append(fill_entry(row, held, 0))
        else:
            paid = structs.replace(FUNDING, ts_event=number, amount=Decimal(event) / 10**6)
            entries.append(funding_entry(paid, held, 0))
        held = held_after(entries[-1])
    assert [entry.imbalance for entry in entries if entry.imbalance] == []
    columns = {
        name: sum(Fraction(getattr(entry, name)) for entry in entries)
        for name in ("cash", "inventory", "realised", "fees", "funding", "quantity")
    }
    assert columns["quantity"] == Fraction(held.position)
    assert columns["inventory"] == Fraction(held.cost) * (-1 if held.position < 0 else 1)
    price = mark * Decimal("0.1")
    equity = columns["cash"] + Fraction(held.position) * Fraction(price)
    earned = -columns["realised"] - columns["fees"] - columns["funding"]
    assert equity == earned + Fraction(unrealised(held, price))


def test_a_bought_lot_moves_cash_into_inventory_and_its_fee_out():
    entry = fill_entry(fill(fee=250_000_000), FLAT, 9)
    assert (entry.cash, entry.inventory, entry.fees) == (
        Decimal("-1000.00025"),
        Decimal(1000),
        Decimal("0.00025"),
    )
    assert (entry.kind, entry.quantity, entry.position) == (
        EntryKind.FILL,
        Decimal("0.01"),
        Decimal("0.01"),
    )
    assert (entry.entry_id, entry.posted_at, entry.realised) == (0, 9, 0)


def test_a_profit_is_a_credit_and_a_rebate_a_negative_cost():
    held = Held(Decimal("0.01"), Decimal(900))
    entry = fill_entry(fill(side=Side.SELL, fee=-100_000_000), held, 0)
    assert (entry.realised, entry.fees) == (Decimal(-100), Decimal("-0.0001"))
    assert (entry.position, entry.cost) == (0, 0)


def test_nothing_that_is_stored_is_minus_zero():
    flat_funding = structs.replace(FUNDING, amount=Decimal("-0"))
    done = record(platform_amount_usdt=Decimal("-0"), net_payout_usdt=Decimal(0))
    entries = [
        fill_entry(fill(side=side), held, 0)
        for side in Side
        for held in (FLAT, Held(Decimal("0.01"), Decimal(1000)), Held(Decimal(-1), Decimal(5)))
    ]
    entries += [funding_entry(flat_funding, FLAT, 0), approval_entry(done, 0)]
    entries += [transfer_entry(done, 0)]
    for entry in entries:
        for field in entry.__struct_fields__:
            value = getattr(entry, field)
            assert not (isinstance(value, Decimal) and value.is_zero() and value.is_signed()), field


def test_a_position_brought_in_counts_from_its_mark_on():
    entry = opening_entry(("X", "a"), 5, opened_at(Decimal(-2), Decimal(50)), FLAT)
    assert (entry.inventory, entry.drawings, entry.quantity) == (-100, 100, -2)
    assert held_after(entry) == Held(Decimal(-2), Decimal(100))
    left = opening_entry(("X", "a"), 5, opened_at(Decimal(-2), Decimal(60)), held_after(entry))
    assert (left.inventory, left.drawings, left.quantity) == (-20, 20, 0)
    assert left.realised == left.cash == left.imbalance == 0


def test_an_approval_is_owed_until_the_transfer():
    for flow, cash, drawn in (
        (MoneyFlow.OWN_ACCOUNTS, "-200", "0"),
        (MoneyFlow.SYSTEM_CAPITAL, "-1000", "800"),
    ):
        done = record(money_flow=flow)
        owed, moved = approval_entry(done, 1), transfer_entry(done, 2)
        assert owed.platform_due + moved.platform_due == 0
        assert owed.platform_share == Decimal(200)
        assert (moved.cash, moved.drawings) == (Decimal(cash), Decimal(drawn))
        assert owed.imbalance == moved.imbalance == 0
        assert owed.ref == moved.ref == done.settlement_id
        assert owed.symbol == moved.symbol == ""


def test_no_two_fills_have_the_same_ref():
    rows = [
        fill(),
        fill(symbol="A|b", account_id="c"),
        fill(symbol="A", account_id="b|c"),
        fill(symbol="A%7Cb", account_id="c"),
        fill(account_id="acc-1|1", trade_id=1),
        fill(trade_id=11),
        fill(client_order_id="mm-2"),
    ]
    refs = [fill_ref(row) for row in rows]
    assert len(refs) == len(dict.fromkeys(refs))
    assert funding_ref(FUNDING) == f"BTCUSDT-PERP|acme|{FUNDING.ts_event}"


def test_amounts_of_forty_digits_are_kept():
    huge = fill(
        price=10**12, size=10**11, tick_size=Decimal("1e-8"), lot_size=Decimal("1e-8"), fee=7
    )
    entry = fill_entry(huge, Held(Decimal("0.00000003"), Decimal("1e-24")), 0)
    assert entry.cash == Decimal("-10000000.000000000000000000000007")
    assert entry.imbalance == 0
