"""Money between an account's purses and between accounts, agents, builders, account modes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from market_maker.emulators.hyperliquid.accounts import (
    Abstraction,
    AddressKind,
    Agent,
    PerpAccount,
)
from market_maker.emulators.hyperliquid.judging import NotTaken
from market_maker.emulators.hyperliquid.numbers import decimal, shown
from market_maker.emulators.hyperliquid.universe import ListedUniverse
from market_maker.emulators.hyperliquid.world import LedgerTold, World
from market_maker.model.exact import ZERO

USDC = 0
SPOT = "spot"
AGENTS_MOST = 4
AGENT_DAYS = 180
DAY_MS = 24 * 3_600_000
VALID_UNTIL = " valid_until "
NO_BALANCE = "Insufficient balance for token transfer"
SUB_ACCOUNTS_MOST = 10
NAME_MOST = 64
ACCOUNTS_MOST = 100_000
"""Accounts that the emulator keeps: a client cannot fill its memory with destinations."""

MODES = {
    "i": Abstraction.DISABLED,
    "u": Abstraction.UNIFIED,
    "p": Abstraction.PORTFOLIO,
    "disabled": Abstraction.DISABLED,
    "unifiedAccount": Abstraction.UNIFIED,
    "portfolioMargin": Abstraction.PORTFOLIO,
}


class AccountTransfers:
    """What is not trading. Every method raises NotTaken with the text of the answer."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _universe(self) -> ListedUniverse:
        return self._world.universe

    def between_classes(self, account: PerpAccount, amount: str, *, to_perp: bool) -> None:
        """USDC between spot and the first dex."""
        source, target = (SPOT, "") if to_perp else ("", SPOT)
        self.send(account, account.address, (source, target), "USDC", amount)

    def send(
        self,
        account: PerpAccount,
        destination: str,
        purses: tuple[str, str],
        token: str,
        amount: str,
    ) -> None:
        """A token from a purse of one account to a purse of another: "", a dex, or "spot"."""
        value = _amount(amount)
        index = self._token(token)
        receiver = self._receiver(destination.lower())
        self._withdraw(account, purses[0], index, value)
        self._deposit(receiver, purses[1], index, value)
        entry = {
            "type": "send",
            "user": account.address,
            "destination": receiver.address,
            "sourceDex": purses[0],
            "destinationDex": purses[1],
            "token": self._universe.token(index).name,
            "amount": shown(value),
        }
        for one in {account.address: account, receiver.address: receiver}.values():
            self._note(one, entry)

    def leave(self, account: PerpAccount, amount: str) -> None:
        """USDC withdrawn from the venue."""
        value = _amount(amount)
        self._withdraw(account, "", USDC, value)
        self._note(account, {"type": "withdraw", "usdc": shown(value), "fee": "1.0"})

    def appoint(self, account: PerpAccount, address: str, title: str, now: int) -> None:
        """An agent, named or not; its name may end in the moment until which it is valid."""
        name, separator, until = title.partition(VALID_UNTIL)
        last = now + AGENT_DAYS * DAY_MS
        if separator:
            if not until.isascii() or not until.isdigit() or not now < int(until[:15]) <= last:
                raise NotTaken("Invalid agent validity.")
            last = int(until[:15])
        address = address.lower()
        if self._world.accounts.find(address) or self._world.accounts.master_of(address, now):
            raise NotTaken("Extra agent already used.")
        if name not in account.agents and len(account.agents) >= AGENTS_MOST:
            raise NotTaken("Too many extra agents.")
        self._world.accounts.appoint(account, Agent(address, name, last))

    def approve_builder(self, account: PerpAccount, builder: str, rate: str) -> None:
        """The highest fee, per cent of notional, that orders may carry for a builder."""
        value = decimal(rate.removesuffix("%"))
        if value is None or value < 0:
            raise NotTaken("Invalid builder fee rate.")
        # A hundred per cent is 100,000 tenths of a basis point.
        account.builders[builder.lower()] = int(value * 1_000)

    def set_mode(self, account: PerpAccount, mode: str) -> None:
        """Where the collateral is."""
        wanted = MODES.get(mode)
        if wanted is account.abstraction:
            return
        busy = any(one.lots for one in account.holdings.values())
        if wanted is None or busy or self._world.orders.count(account.address):
            raise NotTaken("Abstraction transition not allowed")
        if wanted is Abstraction.PORTFOLIO:
            raise NotTaken(
                "Portfolio margin requires account value of $10000 or total volume of $5000000."
            )
        if account.abstraction.by_dex and not wanted.by_dex:
            for dex, amount in account.cash.items():
                token = self._universe.dexes[dex].collateral
                account.spot[token] = account.spot.get(token, ZERO) + amount
            account.cash, account.spot = account.spot, {}
        elif not account.abstraction.by_dex and wanted.by_dex:
            account.spot, account.cash = account.cash, {0: account.cash.pop(USDC, ZERO)}
        account.abstraction = wanted

    def sub_account(self, account: PerpAccount, name: str) -> str:
        """Make a new one; returns its address."""
        accounts = self._world.accounts.accounts
        mine = [one for one in accounts.values() if one.owner == account.address]
        if len(mine) > SUB_ACCOUNTS_MOST:
            raise NotTaken("Too many sub-accounts.")
        if not 0 < len(name) <= NAME_MOST:
            raise NotTaken("Invalid sub-account name.")
        number = int(account.address, 16) + len(mine) * 2**64
        address = f"0x{number % 2**160:040x}"
        made = self._world.accounts.open(address, AddressKind.SUB_ACCOUNT, account.address)
        made.name = name
        made.cash[0] = ZERO
        return address

    def to_owned(self, account: PerpAccount, other: str, units: int, *, deposit: bool) -> None:
        """Millionths of USDC to or from a sub-account or vault of one's own."""
        owned = self.owned(account, other)
        if units < 0:
            raise NotTaken("Invalid amount.")
        amount = units / Decimal(1_000_000)
        source, target = (account, owned) if deposit else (owned, account)
        self._withdraw(source, "", USDC, amount)
        self._deposit(target, "", USDC, amount)

    def owned(self, account: PerpAccount, other: str) -> PerpAccount:
        """A sub-account or vault of one's own."""
        found = self._world.accounts.find(other.lower())
        if found is None or found is account or found.owner != account.address:
            raise NotTaken(f"Vault not registered: {other.lower()}")
        return found

    # purses

    def _withdraw(self, account: PerpAccount, purse: str, token: int, amount: Decimal) -> None:
        if purse == SPOT and account.abstraction.by_dex:
            if account.spot.get(token, ZERO) < amount:
                raise NotTaken(NO_BALANCE)
            account.spot[token] -= amount
            return
        dex = self._dex(purse, token)
        pool = self._world.margins.pool(account, dex)
        free = self._world.margins.summary(account, dex, {}).free
        if min(free, account.cash.get(pool, ZERO)) < amount:
            raise NotTaken(NO_BALANCE)
        account.cash[pool] -= amount

    def _deposit(self, account: PerpAccount, purse: str, token: int, amount: Decimal) -> None:
        if purse == SPOT and account.abstraction.by_dex:
            account.spot[token] = account.spot.get(token, ZERO) + amount
            return
        pool = self._world.margins.pool(account, self._dex(purse, token))
        account.cash[pool] = account.cash.get(pool, ZERO) + amount

    def _dex(self, purse: str, token: int) -> int:
        """The dex of a purse, of which only the collateral moves."""
        if purse == SPOT:
            dexes = self._universe.dexes
            return next((i for i, dex in enumerate(dexes) if dex.collateral == token), 0)
        dex = self._universe.dex(purse)
        if dex is None:
            raise NotTaken(f"Invalid perp dex: {purse}")
        if self._universe.dexes[dex].collateral != token:
            raise NotTaken("Invalid token for this dex.")
        return dex

    def _token(self, text: str) -> int:
        name, _, token_id = text.partition(":")
        for token in self._universe.tokens:
            if token.name == name and token_id in {"", token.id}:
                return token.index
        raise NotTaken(f"Invalid token: {name}")

    def _receiver(self, address: str) -> PerpAccount:
        digits = address.removeprefix("0x")
        if len(digits) != 40 or any(one not in "0123456789abcdef" for one in digits):  # noqa: PLR2004
            raise NotTaken("Invalid destination.")
        known = self._world.accounts.accounts
        if address not in known and len(known) >= ACCOUNTS_MOST:
            raise NotTaken("Too many accounts.")
        return self._world.accounts.open(address)

    def _note(self, account: PerpAccount, delta: Mapping[str, Any]) -> None:
        entry = {"time": self._world.now, "hash": "0x" + "00" * 32, "delta": dict(delta)}
        account.ledger.append(entry)
        self._world.tell(LedgerTold(account.address, entry))


def _amount(text: str) -> Decimal:
    value = decimal(text)
    if value is None or value <= 0:
        raise NotTaken("Invalid amount.")
    return value
