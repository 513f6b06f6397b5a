"""The runbook, led through by a program: every call is shown with its answer."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from market_maker.model.errors import InvalidDataError

SYMBOL = "BTCUSDT-PERP"
SHOWN_MAX = 400
REFUSED_MIN = 400
ATTEMPTS = 150
PAUSE_S = 0.1
ANSWER_S = 30.0
KEPT_S = 1.0
"""A connection idle for longer is not used again: the service closes idle ones after 5 s, and a
request that meets the closing fails."""

POOL: dict[str, object] = {
    "symbol": SYMBOL,
    "enabled": False,
    "gamma": "0.05",
    "kappa": "60",
    "vol_lookback_seconds": 60,
    "tau": "1.0",
    "num_levels": 3,
    "level_spacing_bps": "1",
    "min_spread_bps": "1",
    "max_spread_bps": "30",
    "order_size_usdt": "4000",
    "max_pool_position_usdt": "60000",
    "max_pool_loss_usdt": "2000",
    "check_staleness": True,
    "staleness_threshold_ms": "2000",
    "quote_interval_ms": "100",
    "price_threshold_bps": "0.5",
}
"""Tight enough for the sandbox's traders to come."""

MEMBERS = (("Acme Trading Desk", "50"), ("Beta Capital", "30"), ("Gamma Partners", "20"))
"""Names and weights, per cent."""


class Tour:
    """A client of the service at `base`. say: takes a line. left_open: orders after the end."""

    def __init__(self, base: str, metrics_port: int, say: Callable[[str], None]) -> None:
        self._base, self._metrics_port, self._say = base, metrics_port, say
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_S),
            connector=aiohttp.TCPConnector(keepalive_timeout=KEPT_S),
        )
        self.left_open = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def begin(self) -> None:
        """Create a pool, enroll and activate participants, assign them, enable, and see it quote.
        Raises InvalidDataError for an answer that is not the one the runbook has."""
        self._say(f"service at {self._base}, API at {self._base}/docs")
        self._say(f"metrics at http://localhost:{self._metrics_port}/metrics\n")
        await self._get("/health", "status", "ready", "dependencies", "build")
        await self._post("/v1/pools", POOL, "symbol", "state", "active_members", "version")
        await self._get(f"/v1/pools/{SYMBOL}", "symbol", "state", "active_members")
        for name, weight in MEMBERS:
            await self._join(name, weight)
        await self._post(f"/v1/pools/{SYMBOL}/enable", None)
        await self._until(lambda status: status["quoting"] is True, "does not quote")
        await self._get(f"/v1/pools/{SYMBOL}/status", "state", "quoting", "open_orders", "bid")
        self._say("\nquoting; Ctrl-C cancels every order and ends\n")

    async def end(self) -> None:
        """Flatten, and ask what is left."""
        self._say("")
        why = {"reason": "end of the walk"}
        await self._post("/v1/mm/emergency/flatten", why, "action", "recorded")
        await self._until(_is_gone, "still has open orders")
        await self._get(f"/v1/mm-fills/{SYMBOL}/summary", "symbol", "totals")
        await self._settle()
        wanted = ("counts", "open_orders", "unknown_orders", "net_position_usdt", "net_pnl_usdt")
        summary = await self._get("/v1/mm/status", *wanted)
        self.left_open = summary["open_orders"]

    async def status(self) -> dict[str, Any]:
        """The pool's, not shown."""
        return await self._call("GET", f"/v1/pools/{SYMBOL}/status")

    async def _settle(self) -> None:
        """What the month would come to if it were over now; nothing is written."""
        wanted = ("until", "totals", "pending_settlements")
        overview = await self._get("/v1/mm-analytics/overview", *wanted)
        month = {"month": overview["until"][: len("YYYY-MM")], "dry_run": True}
        closed = await self._post("/v1/settlements/run", month, "month", "dry_run", "watermark")
        for record in closed["records"]:
            told = ("settlement_id", "gross_pnl_usdt", "platform_amount_usdt", "net_payout_usdt")
            self._say(f"  {_text({name: record[name] for name in told})}")

    async def _join(self, name: str, weight: str) -> None:
        short = name.partition(" ")[0].lower()
        enrolment = {
            "user_id": f"user-{short}",
            "account_id": f"account-{short}",
            "display_name": name,
            "initial_margin_usdt": "100000",
            "max_drawdown_pct": "20",
            "revenue_model": "PERCENTAGE_SPLIT",
            "revenue_share_pct": "20",
            "tier": "TIER_1",
            "enrolled_by": "walk",
            "notes": "",
        }
        wanted = ("participant_id", "display_name", "status")
        enrolled = await self._post("/v1/participants", enrolment, *wanted)
        participant = enrolled["participant_id"]
        await self._post(f"/v1/participants/{participant}/activate", None, *wanted)
        member = {
            "participant_id": participant,
            "capital_weight_pct": weight,
            "position_limit_usdt": "30000",
            "max_loss_usdt": "1000",
        }
        told = ("symbol", "participant_id", "capital_weight_pct", "state")
        await self._post(f"/v1/pools/{SYMBOL}/members", member, *told)

    async def _until(self, holds: Callable[[dict[str, Any]], bool], problem: str) -> None:
        for _ in range(ATTEMPTS):
            if holds(await self.status()):
                return
            await asyncio.sleep(PAUSE_S)
        raise InvalidDataError(SYMBOL, f"{problem} after {ATTEMPTS * PAUSE_S:.0f} s")

    async def _get(self, path: str, *wanted: str) -> dict[str, Any]:
        return await self._shown(("GET", path), None, wanted)

    async def _post(
        self, path: str, body: Mapping[str, object] | None, *wanted: str
    ) -> dict[str, Any]:
        return await self._shown(("POST", path), body, wanted)

    async def _shown(
        self, what: tuple[str, str], body: Mapping[str, object] | None, wanted: Sequence[str]
    ) -> dict[str, Any]:
        """Call, and show of the answer what is wanted; all of it where nothing is named."""
        asked = "" if body is None else " " + _text(body)
        self._say(f"> {what[0]} {what[1]}{asked}")
        answer = await self._call(*what, body)
        told = {name: answer[name] for name in wanted or answer}
        self._say(f"< {_text(told)}")
        return answer

    async def _call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        url = self._base + path
        async with self._session.request(method, url, data=content, headers=headers) as answer:
            text = await answer.text()
        if answer.status >= REFUSED_MIN:
            raise InvalidDataError(f"{method} {path}", f"answered {answer.status}: {text}")
        return msgspec.json.decode(text, type=dict[str, Any])


def _is_gone(status: dict[str, Any]) -> bool:
    return status["open_orders"] == 0 and not status["cancel_unconfirmed"]


def _text(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…"
