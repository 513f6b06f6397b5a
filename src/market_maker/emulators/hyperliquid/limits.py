"""How much a client may ask: weight by IP, quota by address, and what a socket may do.

Source: Hyperliquid docs, "Rate limits and user limits".
"""

from collections import deque
from decimal import Decimal

from msgspec import Struct

from market_maker.emulators.hyperliquid.accounts import PerpAccount
from market_maker.emulators.hyperliquid.judging import NotTaken

MINUTE_MS = 60_000
IP_WEIGHT = 1_200
BATCH_PER_WEIGHT = 40

LIGHT = frozenset(
    {
        "l2Book",
        "allMids",
        "clearinghouseState",
        "orderStatus",
        "spotClearinghouseState",
        "exchangeStatus",
    }
)
LIST_WEIGHTS = {
    "recentTrades": 20,
    "historicalOrders": 20,
    "userFills": 20,
    "userFillsByTime": 20,
    "fundingHistory": 20,
    "userFunding": 20,
    "userNonFundingLedgerUpdates": 20,
    "candleSnapshot": 60,
}
"""Items of an answer that weigh one more."""

FREE_ACTIONS = 10_000
CANCELS_EXTRA = 100_000
PACE_MS = 10_000
EXPIRED_COST = 5
WEIGHT_PRICE = Decimal("0.0005")
"""USDC that one more action costs."""


class VenueLimits(Struct, frozen=True, kw_only=True):
    """The venue's numbers, each of which a test may change. None: no limit."""

    ip_weight: int | None = IP_WEIGHT
    free_actions: int | None = FREE_ACTIONS
    connections: int = 10
    connections_a_minute: int = 30
    subscriptions: int = 1_000
    users: int = 10
    messages_a_minute: int = 2_000
    posts_in_flight: int = 100
    idle_s: int = 60


def info_weight(kind: str) -> int:
    """Of a request, before its answer is known."""
    if kind in LIGHT:
        return 2
    return 60 if kind == "userRole" else 20


def answer_weight(kind: str, items: int) -> int:
    """What a long list adds."""
    return items // LIST_WEIGHTS[kind] if kind in LIST_WEIGHTS else 0


class Window:
    """Amounts of the last minute, of one source."""

    def __init__(self) -> None:
        self._spent: deque[tuple[int, int]] = deque()
        self._sum = 0

    def spent(self, now: int) -> int:
        """In the minute before `now`, ms."""
        while self._spent and self._spent[0][0] <= now - MINUTE_MS:
            self._sum -= self._spent.popleft()[1]
        return self._sum

    def add(self, now: int, amount: int) -> None:
        """Spend some."""
        self._sum += amount
        if self._spent and self._spent[-1][0] == now:
            amount += self._spent.pop()[1]
        self._spent.append((now, amount))


class Windows:
    """One window for each source, forgotten when it is empty. `highest`: most that any source spent
    in a minute, for drills that assert a budget."""

    SOURCES_MAX = 10_000

    def __init__(self, limit: int | None) -> None:
        self.limit, self.highest, self.refused = limit, 0, 0
        self._of: dict[str, Window] = {}

    def spend(self, source: str, now: int, amount: int) -> bool:
        """Whether `source` may spend `amount`, which it then has."""
        window = self._of.get(source)
        if window is None:
            if len(self._of) >= self.SOURCES_MAX:
                self._of = {name: one for name, one in self._of.items() if one.spent(now)}
            window = self._of[source] = Window()
        spent = window.spent(now)
        if self.limit is not None and spent + amount > self.limit:
            self.refused += 1
            return False
        window.add(now, amount)
        self.highest = max(self.highest, spent + amount)
        return True

    def owe(self, source: str, now: int, amount: int) -> None:
        """What an answer cost on top, whether it was allowed or not."""
        if amount and source in self._of:
            self._of[source].add(now, amount)


class Quota:
    """Actions of an address: so many free, one for each USDC traded, then one each ten seconds."""

    def __init__(self, limits: VenueLimits) -> None:
        self._free = limits.free_actions

    def cap(self, account: PerpAccount) -> int:
        """Actions an account may have sent by now."""
        free = FREE_ACTIONS if self._free is None else self._free
        return free + int(account.quota_volume) + account.reserved

    def charge(self, account: PerpAccount, now: int, count: int, *, cancels: bool) -> None:
        """Count `count` actions. Raises NotTaken where they are too many."""
        cap = self.cap(account)
        most = min(cap + CANCELS_EXTRA, 2 * cap) if cancels else cap
        if self._free is not None and account.requests + count > most:
            if now < account.next_allowed or cancels:
                volume = f"{account.quota_volume:.2f}"
                raise NotTaken(
                    f"Too many cumulative requests sent ({account.requests + count} > {most}) for "
                    f"cumulative volume traded ${volume}. "
                    "Place taker orders to free up 1 request per USDC traded."
                )
            account.next_allowed = now + PACE_MS
        account.requests += count
