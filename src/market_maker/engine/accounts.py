"""The members of a pool: their positions, and the pool's own, which is always their sum."""

from decimal import Decimal

from msgspec import structs

from market_maker.engine.orders import Working
from market_maker.engine.position import Position
from market_maker.model.actions import RecordFunding
from market_maker.model.events import FillFound, FundingPaid, Restored
from market_maker.model.pool import Member
from market_maker.model.units import Lots, Nanos, ParticipantId, Value

_NEXT_TO_NOTHING = Decimal("0.000001")


class Account:
    """One member. index: its number in this engine, never reused. stopped: why its orders are
    pulled while the pool goes on; empty when they are not. participant_id, account_id, user_id: of
    `member`, at hand because every order carries them."""

    __slots__ = (
        "account_id",
        "index",
        "loss_value",
        "member",
        "participant_id",
        "position",
        "position_value",
        "stopped",
        "user_id",
    )

    def __init__(self, index: int, member: Member) -> None:
        self.index = index
        self.follow(member)
        self.position = Position()
        self.stopped = ""
        self.position_value = 0
        self.loss_value = 0

    @property
    def venue_account(self) -> str:
        """Whose open orders the venue counts together: without an account of the venue, its own."""
        return self.account_id or self.participant_id

    def follow(self, member: Member) -> None:
        """The member as it is now."""
        self.member = member
        self.participant_id = member.participant_id
        self.account_id, self.user_id = member.account_id, member.user_id


class Accounts:
    """All members that ever were, by index; `quoting` are those that may have orders now."""

    __slots__ = ("_by_id", "_funded_at", "all", "pool", "quoting")

    def __init__(self) -> None:
        self.all: list[Account] = []
        self.quoting: list[Account] = []
        self.pool = Position()
        self._by_id: dict[ParticipantId, Account] = {}
        self._funded_at = Nanos(0)

    def configure(self, members: tuple[Member, ...]) -> None:
        """Take the members as they are now; one that left keeps its position and its record."""
        self.quoting = []
        for account in self.all:
            account.follow(structs.replace(account.member, active=False))
        for member in members:
            account = self._by_id.get(member.participant_id) or self._open(member)
            account.follow(member)
            if member.active:
                self.quoting.append(account)

    @property
    def anyone_stopped(self) -> bool:
        """Whether one of those that may have orders was stopped by its own limit."""
        for account in self.quoting:  # noqa: SIM110  a generator costs more than the rest
            if account.stopped:
                return True
        return False

    @property
    def flat(self) -> bool:
        """Whether all that may have orders are flat."""
        return not any(account.position.lots for account in self.quoting)

    def slack_x2(self, mid_x2: int, position_value: int, loss_value: int) -> int:
        """How far the mid (twice its ticks) may move until the pool's position or loss, or a
        member's loss, could pass its limit."""
        slack, lots = self.pool.slack_x2(mid_x2, loss_value), abs(self.pool.lots)
        if lots:
            slack = min(slack, 2 * position_value // lots - mid_x2)
        for account in self.quoting:
            slack = min(slack, account.position.slack_x2(mid_x2, account.loss_value))
        return slack

    def fill(self, order: Working, sign: int, price: int, size: int, fee: int) -> None:
        """Book a fill under its member and in the pool."""
        self.all[order.account].position.fill(sign, price, size, fee)
        self.pool.fill(sign, price, size, fee)

    def found(self, fill: FillFound) -> None:
        """Book a fill of an order that is not known any more."""
        sign = fill.side.sign
        self._account(fill.member).position.fill(sign, fill.price, fill.size, fill.fee)
        self.pool.fill(sign, fill.price, fill.size, fill.fee)

    def restore(self, event: Restored) -> None:
        """Begin with what earlier fills left."""
        self._funded_at = event.funded_at
        self.pool.restore(event.pool)
        for participant_id, holding in event.members:
            self._account(participant_id).position.restore(holding)

    def fund(self, event: FundingPaid) -> list[RecordFunding]:
        """Funding on every member's position; the pool's is their sum. Returns what to store.
        A repeated payment counts once."""
        if event.ts_event <= self._funded_at:
            return []
        self._funded_at = event.ts_event
        for account in self.all:
            account.position.fund(event.rate, event.price)
        self.pool.fund(event.rate, event.price)
        return self.funded(event)

    def funded(self, event: FundingPaid) -> list[RecordFunding]:
        """What a payment is for each member who holds something."""
        return [
            RecordFunding(
                event.ts_event,
                account.member.participant_id,
                event.rate,
                event.price,
                Lots(lots),
                Value(-lots * event.price * event.rate),
            )
            for account in self.all
            if (lots := account.position.lots)
        ]

    def _account(self, participant_id: ParticipantId) -> Account:
        """Of a member, or of a former one: such an account only keeps a position."""
        account = self._by_id.get(participant_id)
        if account is not None:
            return account
        nothing = (_NEXT_TO_NOTHING, _NEXT_TO_NOTHING, _NEXT_TO_NOTHING)
        return self._open(Member(participant_id, *nothing, active=False))

    def _open(self, member: Member) -> Account:
        account = Account(len(self.all), member)
        self.all.append(account)
        self._by_id[member.participant_id] = account
        return account
