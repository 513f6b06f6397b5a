"""The runbook, led through by a program over the REST API: a line for each call and its answer."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from market_maker.cli.service_client import Answer, ServiceClient
from market_maker.model.errors import InvalidDataError

SYMBOL = "BTCUSDT-PERP"
CALL_WIDTH = 38
WIDTH = 80
"""Columns of the smallest terminal that shows every line whole."""
ATTEMPTS = 150
PAUSE_S = 0.1

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


class DemoMember(Struct, frozen=True):
    """A participant to enroll and assign. weight: per cent of every order; limits in USDT."""

    name: str
    weight: str
    position_limit: str
    max_loss: str


MEMBERS = (
    DemoMember("Acme Trading Desk", "50", "30000", "1000"),
    DemoMember("Beta Capital", "30", "18000", "600"),
    DemoMember("Gamma Partners", "20", "12000", "400"),
)


class Tour:
    """Leads a service through its runbook. pool: the body that creates the pool. say: takes a line.

    names: display names by participant id, once they are enrolled.
    """

    def __init__(
        self,
        client: ServiceClient,
        pool: Mapping[str, object],
        members: Sequence[DemoMember],
        say: Callable[[str], None],
    ) -> None:
        self._client, self._pool, self._members, self._say = client, pool, members, say
        self.symbol = str(pool["symbol"])
        self.names: dict[str, str] = {}

    async def begin(self) -> None:
        """Create a pool, enroll and activate participants, assign them, enable, and see it quote.
        Raises InvalidDataError for an answer that is not the one the runbook has."""
        symbol = self.symbol
        health = await self._client.get("/health")
        ready = "ready" if health["ready"] else "NOT READY"
        self._show("GET /health", f"{ready}, version {health['build']['version']}")
        created = await self._client.post("/v1/pools", self._pool)
        self._show("POST /v1/pools", f"{created['symbol']} {created['state']}")
        for member in self._members:
            await self._join(member)
        enabled = await self._client.post(f"/v1/pools/{symbol}/enable")
        self._show(f"POST /v1/pools/{symbol}/enable", enabled["state"])
        status = await self.until(lambda status: status["quoting"] is True, "does not quote")
        bid, ask = status["bid"]["price"], status["ask"]["price"]
        seen = f"{status['open_orders']} orders, best {bid} / {ask}"
        self._show(f"GET /v1/pools/{symbol}/status", seen)

    async def status(self) -> Answer:
        """The pool's status as the API answers it."""
        return await self._client.get(f"/v1/pools/{self.symbol}/status")

    async def pause(self, reason: str) -> Answer:
        """Stop quoting; the status when the venue has said that no order is left. Raises
        InvalidDataError when it does not."""
        await self._client.post(f"/v1/pools/{self.symbol}/pause", {"reason": reason})
        return await self.until(is_gone, "still has open orders")

    async def end(self) -> Answer:
        """Flatten, and ask what it came to; the summary of all pools."""
        await self._client.post("/v1/mm/emergency/flatten", {"reason": "end of the walk"})
        status = await self.until(is_gone, "still has open orders")
        self._show("POST /v1/mm/emergency/flatten", f"{status['state']}, 0 orders open")
        summary = await self._client.get(f"/v1/mm-fills/{self.symbol}/summary")
        totals = {total["side"]: total["volume_base"] for total in summary["totals"]}
        traded = f"bought {totals.get('BUY', 0)}, sold {totals.get('SELL', 0)}"
        self._show(f"GET /v1/mm-fills/{self.symbol}/summary", traded)
        await self._settle()
        everything = await self._client.get("/v1/mm/status")
        net = money(everything["net_pnl_usdt"])
        self._show("GET /v1/mm/status", f"{everything['open_orders']} orders open, net {net} USDT")
        return everything

    async def until(self, holds: Callable[[Answer], bool], problem: str) -> Answer:
        """The first status of which `holds` is true. Raises InvalidDataError if none is."""
        for _ in range(ATTEMPTS):
            status = await self.status()
            if holds(status):
                return status
            await asyncio.sleep(PAUSE_S)
        raise InvalidDataError(self.symbol, f"{problem} after {ATTEMPTS * PAUSE_S:.0f} s")

    async def _settle(self) -> None:
        """What the month would come to if it were over now; nothing is written."""
        overview = await self._client.get("/v1/mm-analytics/overview")
        month = {"month": overview["until"][: len("YYYY-MM")], "dry_run": True}
        closed = await self._client.post("/v1/settlements/run", month)
        for record in closed["records"]:
            name = self.names.get(record["participant_id"], record["participant_id"])
            earned = f"{name} {record['gross_pnl_usdt']}, paid {record['net_payout_usdt']}"
            self._show("POST /v1/settlements/run  dry run", earned)

    async def _join(self, member: DemoMember) -> None:
        short = member.name.partition(" ")[0].lower()
        enrolment = {
            "user_id": f"user-{short}",
            "account_id": f"account-{short}",
            "display_name": member.name,
            "initial_margin_usdt": "100000",
            "max_drawdown_pct": "20",
            "revenue_model": "PERCENTAGE_SPLIT",
            "revenue_share_pct": "20",
            "tier": "TIER_1",
            "enrolled_by": "walk",
            "notes": "",
        }
        enrolled = await self._client.post("/v1/participants", enrolment)
        participant = enrolled["participant_id"]
        self.names[participant] = member.name
        self._show("POST /v1/participants", f"{member.name} {enrolled['status']}")
        activated = await self._client.post(f"/v1/participants/{participant}/activate")
        self._show("POST /v1/participants/…/activate", f"{member.name} {activated['status']}")
        terms = {
            "participant_id": participant,
            "capital_weight_pct": member.weight,
            "position_limit_usdt": member.position_limit,
            "max_loss_usdt": member.max_loss,
        }
        await self._client.post(f"/v1/pools/{self.symbol}/members", terms)
        self._show(f"POST /v1/pools/{self.symbol}/members", f"{member.name} {member.weight} %")

    def _show(self, call: str, answer: str) -> None:
        self._say(f"{call:<{CALL_WIDTH}} {answer}"[:WIDTH])


def is_gone(status: Mapping[str, Any]) -> bool:
    """Whether the venue has said that none of the pool's orders is open."""
    return status["open_orders"] == 0 and not status["cancel_unconfirmed"]


def money(amount: str) -> str:
    """An amount cut to cents, for people."""
    whole, _, decimals = amount.partition(".")
    return f"{whole}.{(decimals + '00')[:2]}"
