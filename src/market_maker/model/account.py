"""What a venue says of an account beside orders and fills: money, margin, limits, who may sign."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from market_maker.model.units import Nanos

NEAR_CAP = Decimal("0.9")
"""Above this share of an open interest cap sizes shrink, and a person should know."""


class AccountMode(StrEnum):
    """Where an account's money is. STANDARD: with each market place apart. UNIFIED: in one balance
    for all of them. PORTFOLIO: the same, and margin is computed over everything."""

    STANDARD = "standard"
    UNIFIED = "unified"
    PORTFOLIO = "portfolio margin"


class AccountIdentity(Struct, frozen=True):
    """Who signs and whose account it is. master: in whose name the signer acts; itself, where it
    is an account. account: that of the master, or a vault or sub-account. role: of the signer, in
    the venue's word. expires_at: when the signer may act no more; None: not known or never.
    clock_ahead_ms: our clock before the venue's. warnings: what a person should know, one line
    each."""

    signer: str
    master: str
    account: str
    role: str
    mode: AccountMode
    expires_at: Nanos | None = None
    clock_ahead_ms: int = 0
    warnings: tuple[str, ...] = ()


class HeldPosition(Struct, frozen=True):
    """size: signed, in base currency. Money is in the market's collateral; liquidation_price: None
    where there is none."""

    symbol: str
    size: Decimal
    entry_price: Decimal
    value: Decimal
    unrealised: Decimal
    margin_used: Decimal
    leverage: int
    isolated: bool
    liquidation_price: Decimal | None = None
    funding_since_open: Decimal = Decimal(0)


class SpotHolding(Struct, frozen=True):
    """A token of an account, in its own unit. hold: what orders and positions have taken of
    `total`. entry_value: what was paid for it, in the venue's main currency; 0 where it is not
    known."""

    token: str
    total: Decimal
    hold: Decimal
    entry_value: Decimal = Decimal(0)

    @property
    def available(self) -> Decimal:
        """What can be spent."""
        return self.total - self.hold


class AccountFunds(Struct, frozen=True):
    """In one collateral. equity: what the account would be worth if everything were closed at the
    mark; our own resting orders and positions do not lessen it. available: margin for new
    orders. positions: at this market place."""

    collateral: str
    equity: Decimal
    available: Decimal
    margin_used: Decimal
    position_value: Decimal
    positions: tuple[HeldPosition, ...] = ()


class LeverageSetting(Struct, frozen=True):
    """What positions in one market are, or will be, opened with."""

    leverage: int
    isolated: bool


class ActionAllowance(Struct, frozen=True):
    """Actions of an account. surplus: bought ones that are left."""

    used: int
    cap: int
    surplus: int = 0

    @property
    def left(self) -> int:
        """Until new orders are refused."""
        return self.cap + self.surplus - self.used


class FeeRates(Struct, frozen=True):
    """Parts of notional: 0.00015 is 1.5 basis points. A rebate is < 0."""

    maker: Decimal
    taker: Decimal


class OpenInterestRoom(Struct, frozen=True):
    """Notional of one market. cap: None where the venue does not report it. at_cap: the venue says
    that it is reached."""

    used: Decimal
    cap: Decimal | None
    at_cap: bool = False

    @property
    def share(self) -> Decimal:
        """Of the cap, from 0."""
        if self.at_cap:
            return Decimal(1)
        return self.used / self.cap if self.cap else Decimal(0)

    @property
    def near(self) -> bool:
        """Whether a person should know."""
        return self.share >= NEAR_CAP

    @property
    def size_factor(self) -> Decimal:
        """By how much orders that add to open interest are to be made smaller: 1 far from the cap,
        falling to 0 at it."""
        over = (self.share - NEAR_CAP) / (1 - NEAR_CAP)
        return Decimal(1) - min(max(over, Decimal(0)), Decimal(1))


class FundingReceipt(Struct, frozen=True):
    """One payment of funding by the venue's own record. amount: > 0 was received. size: of the
    position then, signed."""

    symbol: str
    at: Nanos
    amount: Decimal
    size: Decimal
    rate: Decimal


class DeadManState(Struct, frozen=True):
    """Whether the venue will cancel everything at `at` unless we renew it. problem: why it
    will not, in the venue's words."""

    at: Nanos | None = None
    problem: str = ""
