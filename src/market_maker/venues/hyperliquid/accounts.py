"""Which account an order trades on, and who signs for it."""

from collections.abc import Mapping

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.venues.hyperliquid.addresses import address
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.nonces import NonceSource


class Signer(Struct, frozen=True):
    """A key and the nonces that all who sign with it share."""

    key: SigningKey
    nonces: NonceSource


class TradingAccount(Struct, frozen=True):
    """address: whose orders, fills and money they are: never an agent's. vault: the same, where the
    signer acts for a vault or a sub-account; None where it acts for itself or its master."""

    address: str
    signer: Signer
    vault: str | None = None


class TradingAccounts:
    """The accounts of one process, by the names that orders carry. others: whether any other
    address may be named; it is traded on as a sub-account of the first account's signer."""

    def __init__(self, named: Mapping[str, TradingAccount], *, others: bool = False) -> None:
        self._named, self._others = dict(named), others

    def of(self, account_id: str) -> TradingAccount:
        """The account of this name. Raises NotFoundError."""
        known = self._named.get(account_id)
        if known is not None:
            return known
        if self._others and self._named:
            try:
                sub = address("account", account_id)
            except InvalidFieldError:
                raise NotFoundError("account", account_id) from None
            first = next(iter(self._named.values()))
            found = TradingAccount(sub, first.signer, sub if sub != first.address else None)
            self._named[account_id] = found
            return found
        raise NotFoundError("account", account_id)

    def all(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self._named)
