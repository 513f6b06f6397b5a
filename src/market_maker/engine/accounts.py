"""The members of a pool: their positions, and the pool's own, which is always their sum."""

from msgspec import structs

from market_maker.engine.orders import Working
from market_maker.engine.position import Position
from market_maker.model.pool import Member
from market_maker.model.units import ParticipantId


class Account:
    """One member. index: its number in this engine, never reused. stopped: why its orders are
    pulled while the pool goes on; empty when they are not."""

    __slots__ = ("index", "loss_value", "member", "position", "position_value", "stopped")

    def __init__(self, index: int, member: Member) -> None:
        self.index, self.member = index, member
        self.position = Position()
        self.stopped = ""
        self.position_value = 0
        self.loss_value = 0


class Accounts:
    """All members that ever were, by index; `quoting` are those that may have orders now."""

    __slots__ = ("_by_id", "all", "pool", "quoting")

    def __init__(self) -> None:
        self.all: list[Account] = []
        self.quoting: list[Account] = []
        self.pool = Position()
        self._by_id: dict[ParticipantId, Account] = {}

    def configure(self, members: tuple[Member, ...]) -> None:
        """Take the members as they are now; one that left keeps its position and its record."""
        self.quoting = []
        for account in self.all:
            account.member = structs.replace(account.member, active=False)
        for member in members:
            account = self._by_id.get(member.participant_id)
            if account is None:
                account = Account(len(self.all), member)
                self.all.append(account)
                self._by_id[member.participant_id] = account
            account.member = member
            if member.active:
                self.quoting.append(account)

    def fill(self, order: Working, sign: int, price: int, size: int, fee: int) -> None:
        """Book a fill under its member and in the pool."""
        self.all[order.account].position.fill(sign, price, size, fee)
        self.pool.fill(sign, price, size, fee)

    def fund(self, rate: int, price: int) -> None:
        """Funding on every member's position; the pool's is their sum."""
        for account in self.all:
            account.position.fund(rate, price)
        self.pool.fund(rate, price)
