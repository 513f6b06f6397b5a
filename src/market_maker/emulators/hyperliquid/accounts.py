"""Who trades on the emulated venue, and what each of them holds. State only, no rules."""

from collections import deque
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from market_maker.model.exact import ZERO

FILLS_KEPT = 10_000
ENTRIES_KEPT = 2_000


class AddressKind(StrEnum):
    """What an address is, as userRole says."""

    USER = "user"
    SUB_ACCOUNT = "subAccount"
    VAULT = "vault"


class Abstraction(StrEnum):
    """Where an account's collateral is: in each dex (DEFAULT, DISABLED), or in its spot balance for
    all dexes of that token (UNIFIED, PORTFOLIO)."""

    DEFAULT = "default"
    DISABLED = "disabled"
    UNIFIED = "unifiedAccount"
    PORTFOLIO = "portfolioMargin"

    @property
    def by_dex(self) -> bool:
        """Whether each dex has its own collateral."""
        return self in {Abstraction.DEFAULT, Abstraction.DISABLED}


class PerpPosition(Struct):
    """A position and its settings, which outlive it. lots: signed. cost: what the open part was
    bought for, signed as lots, quote currency. raw: cash that an isolated position has of its own,
    what was paid for it already taken off. paid_*: funding, a cost is > 0."""

    leverage: int
    cross: bool
    lots: int = 0
    cost: Decimal = ZERO
    raw: Decimal = ZERO
    paid_ever: Decimal = ZERO
    paid_open: Decimal = ZERO
    paid_change: Decimal = ZERO


class Agent(Struct, frozen=True):
    """A key that acts for an account. valid_until: ms."""

    address: str
    name: str
    valid_until: int


class FillEntry(Struct, frozen=True):
    """One execution as the account's list has it. shown: as on the wire. time: ms."""

    time: int
    shown: dict[str, Any]


class PerpAccount(Struct):
    """One account. owner: the account that its orders are signed for, its own address for a user.
    cash: by dex index, or by token index where the account is unified; what positions cost is taken
    off. spot: other tokens, by index. builders: highest fee approved, tenths of a basis point.
    """

    address: str
    kind: AddressKind = AddressKind.USER
    owner: str = ""
    name: str = ""
    abstraction: Abstraction = Abstraction.DEFAULT
    cash: dict[int, Decimal] = field(default_factory=dict)
    spot: dict[int, Decimal] = field(default_factory=dict)
    holdings: dict[int, PerpPosition] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    builders: dict[str, int] = field(default_factory=dict)
    fills: deque[FillEntry] = field(default_factory=lambda: deque(maxlen=FILLS_KEPT))
    fundings: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=ENTRIES_KEPT))
    ledger: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=ENTRIES_KEPT))
    volume: Decimal = ZERO
    quota_volume: Decimal = ZERO
    requests: int = 0
    reserved: int = 0
    next_allowed: int = 0
    cancel_all_at: int | None = None
    triggered: tuple[int, int] = (0, 0)

    def touched(self) -> bool:
        """Whether it ever had money: the venue knows no others."""
        return bool(self.cash or self.spot)


class AccountBook:
    """Accounts by address, in lower case, and whose agent an address is."""

    def __init__(self) -> None:
        self.accounts: dict[str, PerpAccount] = {}
        self._owner: dict[str, str] = {}

    def find(self, address: str) -> PerpAccount | None:
        """None for one that never had money."""
        return self.accounts.get(address)

    def open(
        self, address: str, kind: AddressKind = AddressKind.USER, owner: str = ""
    ) -> PerpAccount:
        """The account of an address, made when there is none."""
        account = self.accounts.get(address)
        if account is None:
            account = PerpAccount(address, kind, owner or address)
            self.accounts[address] = account
        return account

    def appoint(self, account: PerpAccount, agent: Agent) -> None:
        """Let an agent act for an account; one of the same name leaves."""
        gone = account.agents.get(agent.name)
        if gone is not None:
            self._owner.pop(gone.address, None)
        account.agents[agent.name] = agent
        self._owner[agent.address] = account.address

    def account_of(self, signer: str, now: int) -> PerpAccount | None:
        """For whom `signer` acts at `now` (ms): itself, or the account whose agent it is. None for
        a stranger, an expired agent, and an account without money."""
        own = self.accounts.get(signer)
        if own is not None:
            return own if own.kind is AddressKind.USER and own.touched() else None
        master = self.master_of(signer, now)
        return master if master is not None and master.touched() else None

    def master_of(self, agent: str, now: int) -> PerpAccount | None:
        """The account whose agent an address is now."""
        account = self.accounts.get(self._owner.get(agent, ""))
        if account is None:
            return None
        current = (entry for entry in account.agents.values() if entry.address == agent)
        return account if any(entry.valid_until > now for entry in current) else None
