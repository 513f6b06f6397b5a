"""Whose account a key acts for, and whether it may.

Questions about an account must name the account: those that name an agent are answered as if it had
nothing. So the first question is what the key is. Source: Hyperliquid docs, "API wallets",
"Account abstraction modes".
"""

from typing import Final

from msgspec import Struct

from market_maker.model.account import AccountIdentity, AccountMode
from market_maker.model.errors import InvalidFieldError, VenueRefusedError
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.venues.hyperliquid.account_wire import AgentAnswer, RoleAnswer
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.market_wire import ExchangeStatus

CLOCK_OFF_MAX_MS = 3_000
"""Orders expire five seconds after they were sent, by the venue's clock."""

EXPIRY_WARNING = Nanos(7 * 86_400 * NANOS_PER_SECOND)

MODES: Final = {
    "default": AccountMode.STANDARD,
    "disabled": AccountMode.STANDARD,
    "unifiedAccount": AccountMode.UNIFIED,
    "dexAbstraction": AccountMode.UNIFIED,
    "portfolioMargin": AccountMode.PORTFOLIO,
}
_DISCONTINUED = "dexAbstraction"


class KeyHolder(Struct, frozen=True):
    """Whose a key is. master: in whose name it acts; account: that of the master, or a vault or
    sub-account. role: in the venue's word. expires_at: None where it is not known, or never.
    warnings: what a person should know."""

    signer: str
    role: str
    master: str
    account: str
    expires_at: Nanos | None = None
    warnings: tuple[str, ...] = ()


async def holder_of(
    rest: Rest, clock: Clock, signer: str, *, account: str = "", lasting: Nanos = Nanos(0)
) -> KeyHolder:
    """Whose `signer` is. account: a vault or sub-account that it is to act for, instead of its own.
    lasting: how long it is wanted for. Raises VenueError; VenueRefusedError for a key that may not
    act; InvalidFieldError for an account that is not its own."""
    told: RoleAnswer = await rest.ask(ask("userRole", user=signer))
    master = _account_of(told, signer, rest)
    if account and account != master:
        await _check(rest, account, master)
    now = clock.now()
    expires_at = await _expiry(rest, signer, master) if told.role == "agent" else None
    warnings: list[str] = []
    if expires_at is not None:
        _check_expiry(expires_at, Nanos(now + lasting), now, warnings)
    return KeyHolder(signer, told.role, master, account or master, expires_at, tuple(warnings))


async def identify(
    rest: Rest, clock: Clock, signer: str, *, account: str = "", lasting: Nanos = Nanos(0)
) -> AccountIdentity:
    """`holder_of`, and how the account is kept. Raises VenueRefusedError also for an account of an
    unknown kind, and where our clock is not the venue's."""
    holder = await holder_of(rest, clock, signer, account=account, lasting=lasting)
    warnings = list(holder.warnings)
    mode_word: str = await rest.ask(ask("userAbstraction", user=holder.account))
    mode = MODES.get(mode_word)
    if mode is None:
        raise VenueRefusedError(
            f"account mode {mode_word!r} is not known: its balances would be misread; "
            f"known are {', '.join(MODES)}"
        )
    if mode_word == _DISCONTINUED:
        warnings.append("dex abstraction is discontinued: switch the account to standard mode")
    return AccountIdentity(
        **shared_fields(AccountIdentity, holder, but=("warnings",)),
        mode=mode,
        clock_ahead_ms=await clock_ahead(rest, clock),
        warnings=tuple(warnings),
    )


async def measured_ahead(rest: Rest, clock: Clock) -> int:
    """Our clock before the venue's, in ms, whatever it is. Raises VenueError."""
    before = clock.now()
    status: ExchangeStatus = await rest.ask(ask("exchangeStatus"))
    return (before + clock.now()) // 2 // NANOS_PER_MS - status.time


async def clock_ahead(rest: Rest, clock: Clock) -> int:
    """Our clock before the venue's, in ms. Raises VenueRefusedError where it is too far off."""
    ahead = await measured_ahead(rest, clock)
    if abs(ahead) > CLOCK_OFF_MAX_MS:
        way = "ahead of" if ahead > 0 else "behind"
        raise VenueRefusedError(
            f"this machine's clock is {abs(ahead) / 1000:.1f} s {way} the venue's: orders would "
            "expire or be refused; set the clock right"
        )
    return ahead


def _account_of(told: RoleAnswer, signer: str, rest: Rest) -> str:
    match told.role:
        case "agent" if told.data is not None and told.data.user:
            return told.data.user.lower()
        case "user" | "vault" | "subAccount":
            return signer
        case "missing":
            raise VenueRefusedError(
                f"{signer} is no account and no agent on {rest.network.chain.lower()}: fund it, "
                "approve it as an agent of a funded account, or use the other network"
            )
        case _:
            raise VenueRefusedError(f"{signer} has the role {told.role!r}, which is not known")


async def _check(rest: Rest, account: str, master: str) -> None:
    told: RoleAnswer = await rest.ask(ask("userRole", user=account))
    owner = told.data.master if told.data is not None else None
    if told.role == "vault" or (told.role == "subAccount" and (owner or "").lower() == master):
        return
    raise InvalidFieldError("account", account, f"{master}, one of its sub-accounts, or a vault")


async def _expiry(rest: Rest, signer: str, master: str) -> Nanos | None:
    agents: tuple[AgentAnswer, ...] = await rest.ask(ask("extraAgents", user=master))
    for agent in agents:
        if agent.address.lower() == signer and agent.valid_until is not None:
            return Nanos(agent.valid_until * NANOS_PER_MS)
    return None


def _check_expiry(expires_at: Nanos, until: Nanos, now: Nanos, warnings: list[str]) -> None:
    days = (expires_at - now) / (86_400 * NANOS_PER_SECOND)
    if expires_at <= until:
        raise VenueRefusedError(
            f"the agent key expires in {days:.1f} days, before the session ends: approve it again"
            if days > 0
            else "the agent key has expired: approve it again"
        )
    if expires_at - now < EXPIRY_WARNING:
        warnings.append(f"the agent key expires in {days:.1f} days: approve it again")
