"""No more open orders of one account than the venue takes."""

from market_maker.engine.accounts import Account
from market_maker.engine.orders import OwnOrders
from market_maker.engine.shares import Part


class OrderCap:
    """most: open orders of one account; 0 where the venue takes any number."""

    def __init__(self, orders: OwnOrders) -> None:
        self._orders = orders
        self.most = 0

    def trim(self, wanted: dict[int, Part]) -> list[int]:
        """Leave out what is wanted beyond that: what comes first stays, so that orders of better
        levels are never kept out by those of worse ones. Returns the sides of what was left out."""
        counts: dict[str, int] = {}
        left_out = []
        for part in list(wanted.values()):
            account = part.account.venue_account
            counts[account] = counts.get(account, 0) + 1
            if counts[account] > self.most:
                del wanted[part.slot]
                left_out.append(part.side)
        return left_out

    def is_reached(self, account: Account) -> bool:
        """Whether one more order of an account may be refused: those that may be open count, until
        the venue has proved that they are gone."""
        name = account.venue_account
        opened = sum((o.account_id or o.member) == name for o in self._orders.slots.values())
        return opened >= self.most
