"""`market_maker demo`: the service in memory with a screen on it, quoting on the sandbox exchange.

The screen shows the status that the REST API answers; nothing in it is the demo's own.
"""

import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from market_maker.cli.demo_summary import (
    DemoEnd,
    DemoSummary,
    MemberFills,
    ScreenReadings,
    report,
    summarise,
)
from market_maker.cli.display import Display, display_for
from market_maker.cli.embedded import Patience, checked_seconds, run_embedded
from market_maker.cli.screen import Moment, ScreenFrame
from market_maker.cli.service_client import Answer, ServiceClient
from market_maker.cli.tour import MEMBERS, POOL, SYMBOL, DemoMember, Tour
from market_maker.config import load_pool_config
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.exact import plain
from market_maker.model.pool import PoolConfig
from market_maker.quoting.registry import strategy
from market_maker.serving.banner import Banner
from market_maker.settings import Settings

SEED_MAX = 2**32 - 1
HISTORY_LENGTH = 600
FILLS_SHOWN = 40
EXIT_UNPROVED = 1


def command(
    seconds: Annotated[
        float | None, typer.Option(help="End by itself after this long; else run until Ctrl-C.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the market: the same seed, the same traders.")] = 1,
    config: Annotated[
        Path | None, typer.Option(help="A pool configuration (TOML) in place of the demo's.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object at the end, nothing else on stdout.")
    ] = False,
) -> None:
    """Quote on the sandbox exchange in real time: no account, no server.

    The whole service runs in this process on data that are gone afterwards. Ends with every order
    cancelled, the exchange's own word that none is left, and the ledger checked.
    """
    checked_seconds(seconds)
    if not 0 <= seed <= SEED_MAX:
        raise InvalidFieldError("seed", seed, f"a whole number from 0 to {SEED_MAX}")
    pool: Mapping[str, object] = POOL
    members: Sequence[DemoMember] = MEMBERS
    if config is not None:
        loaded = load_pool_config(config, SYMBOL)
        strategy(loaded)  # Refused here, before anything starts.
        pool, members = body_of(loaded), members_of(loaded)
    demo = Demo(pool, members, lambda: display_for(sys.stdout, sys.stderr, as_json=as_json))

    def on(settings: Settings) -> Settings:
        """Free ports, so that it runs beside a service."""
        return msgspec.structs.replace(settings, http_port=0, metrics_port=0, seed=seed)

    run = run_embedded(seconds, demo.lead, on, sys.stderr if as_json else sys.stdout)
    summary = demo.summary(seed, ledger_holds=run.ledger_holds)
    print(msgspec.json.encode(summary).decode() if as_json else report(summary))
    if not (summary.clean and run.clean):
        raise typer.Exit(EXIT_UNPROVED)


class Demo:
    """Leads the service, and shows what it answers."""

    def __init__(
        self,
        pool: Mapping[str, object],
        members: Sequence[DemoMember],
        display: Callable[[], Display[ScreenFrame]],
    ) -> None:
        self._pool, self._members, self._display = pool, members, display
        self._answers, self._fills = ScreenReadings(), MemberFills()
        self._history: deque[Moment] = deque(maxlen=HISTORY_LENGTH)
        self._names: Mapping[str, str] = {}
        self._ended_s = 0.0
        self._last: Answer | None = None

    async def lead(self, banner: Banner, patience: Patience) -> None:
        """From the first call to the proof. Raises InvalidDataError for what is refused, and when
        orders stay open."""
        async with ServiceClient(banner.api) as client:
            tour = Tour(client, self._pool, self._members, lambda _line: None)
            self._names = tour.names
            await tour.begin()
            patience.begin()
            with self._display() as display:
                await self._watch(client, tour, patience, display)
                self._ended_s = patience.elapsed_s
                self._last = await tour.pause(patience.reason or "the engine crashed")
                display.show(await self._frame(client, self._last, patience))
            async for fill in client.items(f"/v1/mm-fills/{tour.symbol}"):
                self._fills.add(fill)

    async def _watch(
        self, client: ServiceClient, tour: Tour, patience: Patience, display: Display[ScreenFrame]
    ) -> None:
        while True:
            status = await tour.status()
            self._answers.add(status)
            display.show(await self._frame(client, status, patience))
            if status["failure"] or not await patience.lasts(display.interval_s):
                return

    async def _frame(
        self, client: ServiceClient, status: Answer, patience: Patience
    ) -> ScreenFrame:
        fair = status["estimates"]["fair"]
        if fair is not None:
            self._history.append(Moment(float(fair), float(status["net_position"])))
        page = await client.get(f"/v1/mm-fills/{status['symbol']}?limit={FILLS_SHOWN}")
        stopping = f"{patience.reason}: cancelling every order, waiting for the venue's word"
        return ScreenFrame(
            status=status,
            names=self._names,
            fills=page["items"],
            history=self._history,
            elapsed_s=patience.elapsed_s,
            left_s=patience.left_s,
            notice=stopping if patience.reason else "Ctrl-C cancels every order and ends",
        )

    def summary(self, seed: int, *, ledger_holds: bool) -> DemoSummary:
        """After `lead`. Raises InvalidDataError when it did not come to its end."""
        if self._last is None:
            raise InvalidDataError("demo", "ended before it quoted")
        end = DemoEnd(seed, self._ended_s, self._names, ledger_holds)
        return summarise(self._last, self._answers, self._fills, end)


def body_of(config: PoolConfig) -> dict[str, object]:
    """A configuration as the body that creates the pool."""
    fields: dict[str, object] = msgspec.to_builtins(config)
    kept = {name: value for name, value in fields.items() if name not in {"members", "version"}}
    return kept | {"enabled": False}


def members_of(config: PoolConfig) -> tuple[DemoMember, ...]:
    """Those of the file; the demo's three with shares of the pool's limits where it has none."""
    if config.members:
        return tuple(
            DemoMember(
                member.participant_id,
                plain(member.capital_weight_pct),
                plain(member.position_limit_usdt),
                plain(member.max_loss_usdt),
            )
            for member in config.members
        )
    return tuple(
        DemoMember(
            member.name,
            member.weight,
            plain(config.max_pool_position_usdt * Decimal(member.weight) / 100),
            plain(config.max_pool_loss_usdt * Decimal(member.weight) / 100),
        )
        for member in MEMBERS
    )
