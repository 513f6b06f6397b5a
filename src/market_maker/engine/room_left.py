"""How far orders may still fill a pool and its members."""

from market_maker.engine.accounts import Account, Accounts
from market_maker.engine.orders import OwnOrders
from market_maker.engine.shares import is_full


def room_below_x2(accounts: Accounts, orders: OwnOrders, room_value: int) -> int:
    """Up to which reference (twice its ticks) both sides keep their room as they are."""
    position = accounts.pool.lots
    buying, selling = orders.working
    # Conditions, because max() costs more than all the rest.
    most = position + 1 if position >= 0 else 1 - position
    if (bought := position + buying) > most:
        most = bought
    if (sold := selling - position) > most:
        most = sold
    below_x2 = 2 * room_value // most
    for account in accounts.quoting:  # none of them becomes full
        if held := account.position.lots:
            below_x2 = min(below_x2, (2 * account.position_value - 1) // abs(held))
    return below_x2


def full_members(accounts: Accounts, reference_x2: int) -> list[Account]:
    """Those at their own limit or beyond, by a price that moved or a fill from elsewhere: what
    would add to their positions does not stay open."""
    full = []
    for account in accounts.quoting:
        held = account.position.lots
        if held and is_full(held, reference_x2, account.position_value):
            full.append(account)
    return full


def left_to_close(orders: OwnOrders, account: Account, side: int, slot: int) -> int:
    """A member's lots that nothing in another slot may already be closing."""
    closing = orders.of_member(account.index, side)
    own = orders.slots.get(slot)
    return abs(account.position.lots) - closing + (own.leaves if own else 0)
