"""A wallet service over HTTP: bounded in time and size; only a clear answer counts."""

from urllib.parse import quote

import aiohttp
import msgspec

from market_maker.model.errors import WalletUnavailableError
from market_maker.model.money import Transfer, TransferStatus
from market_maker.ports import Clock
from market_maker.venues.base_url import base_url
from market_maker.venues.http import bounded, decoded, why
from market_maker.venues.wallet.wire import (
    BODY_MAX,
    TransferInfo,
    UnknownTransfer,
    order_of,
    transfer_of,
)

REQUEST_TIMEOUT_S = 10.0
"""From the first byte of a request to the last of its answer."""

_TAKEN = (200, 201)
_REFUSING = (*_TAKEN, 400, 402, 403, 409, 422)
"""Statuses with which a refusal may come; it counts only with a body that repeats the terms. All
else proves nothing: what stands between us and the wallet says 401, 404 or 502 on its own."""
_NOT_FOUND = 404


class HttpWallet:
    """ports.Wallet at one address. Follows no redirects, keeps no cookies, sends each request
    once: repeating is the caller's job. token: sent as a bearer token where there is one."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        token: str | None = None,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        self._url, self._clock = base_url("WALLET_URL", url), clock
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def transfer(self, wanted: Transfer) -> Transfer:
        order = order_of(wanted)
        headers = {"Idempotency-Key": wanted.transfer_id, "Content-Type": "application/json"}
        status, body = await self._ask("POST", "", headers, msgspec.json.encode(order))
        told = self._told(status, body, wanted.transfer_id)
        if order_of(told) != order:
            raise WalletUnavailableError("the wallet has another transfer under this id")
        return told

    async def find(self, transfer_id: str) -> Transfer | None:
        path = "/" + quote(transfer_id, safe="")
        status, body = await self._ask("GET", path, {}, None)
        if status == _NOT_FOUND:
            nothing = decoded(body, UnknownTransfer)
            if nothing is not None and nothing == UnknownTransfer(transfer_id, known=False):
                return None
        return self._told(status, body, transfer_id)

    def _told(self, status: int, body: bytes, transfer_id: str) -> Transfer:
        """What the answer proves about this transfer. Raises WalletUnavailableError."""
        info = decoded(body, TransferInfo) if status in _REFUSING else None
        if info is None or info.order.transfer_id != transfer_id:
            raise WalletUnavailableError(f"the wallet's answer ({status}) proves nothing")
        told = transfer_of(info, self._clock.now())
        if told is None or (told.status is TransferStatus.DONE and status not in _TAKEN):
            raise WalletUnavailableError(f"the wallet has not decided ({info.status})")
        return told

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        """Status and body. Raises WalletUnavailableError where there was no answer."""
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()
                ) as session,
                session.request(
                    method,
                    f"{self._url}/v1/transfers{path}",
                    data=body,
                    headers=self._headers | headers,
                    allow_redirects=False,
                ) as answer,
            ):
                return answer.status, await bounded(answer.content.iter_any(), BODY_MAX)
        except TimeoutError as error:
            raise WalletUnavailableError("the wallet did not answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise WalletUnavailableError(f"the wallet: {why(error)}") from error
