"""`market_maker walk`: start the service, lead it through its runbook over its own REST API, and
watch it quote."""

import sys
from typing import Annotated

import typer

from market_maker.cli.embedded import Patience, run_embedded
from market_maker.cli.service_client import ServiceClient
from market_maker.cli.tour import MEMBERS, POOL, Tour
from market_maker.cli.watch import watch_for
from market_maker.serving.banner import Banner
from market_maker.serving.panel_files import FOLDER, HOME, INDEX
from market_maker.serving.panel_port import PANEL_PORT
from market_maker.settings import Settings

EXIT_UNCLEAN = 1


def command(
    seconds: Annotated[
        float | None, typer.Option(help="End by itself after quoting so long; else Ctrl-C.")
    ] = None,
) -> None:
    """Start the service with nothing beside it, lead it through its runbook over its own REST API,
    a line for each call and its answer, and show the pool live.

    Ends with every order cancelled and the exchange's own word that none is left. Runs on loopback
    without authentication, so that the documents' own commands can be pasted in another terminal.
    """
    walk = Walk()
    run = run_embedded(seconds, walk.lead, walk.on, sys.stdout)
    right = "right" if run.ledger_holds else "NOT RIGHT"
    recorded = "yes" if run.ending.recorded else "NO"
    print(f"ended: {walk.left_open} orders open, all on record: {recorded}, ledger: {right}")
    if not run.clean or walk.left_open:
        raise typer.Exit(EXIT_UNCLEAN)


def panel_words(address: str, *, built: bool) -> str:
    """Where the panel is, short enough for a screen of 80 columns, or why it is not."""
    if not address.startswith("http"):
        return f"panel: none, port {PANEL_PORT} is taken"
    return f"panel {address.removesuffix(HOME)}/" if built else "panel: not built"


def engine_words(banner: Banner) -> str:
    """How the engine runs, and why not natively."""
    return f"engine {banner.engine}" + (f": {banner.engine_why}" if banner.engine_why else "")


class Walk:
    """Leads the service. left_open: orders that it knew of at the end."""

    def __init__(self) -> None:
        self._metrics_port = 0
        self.left_open = 0

    def on(self, settings: Settings) -> Settings:
        """The usual ports, so that what the documents say works."""
        self._metrics_port = settings.metrics_port
        return settings

    async def lead(self, banner: Banner, patience: Patience) -> None:
        """From the first call to the proof."""
        async with ServiceClient(banner.api) as client:
            tour = Tour(client, POOL, MEMBERS, print)
            panel = panel_words(banner.panel, built=(FOLDER / INDEX).is_file())
            print(f"{panel}  API {banner.api}/docs  metrics :{self._metrics_port}")
            await tour.begin()
            print("quoting; Ctrl-C cancels every order and ends")
            print(engine_words(banner))
            await self._watch(tour, patience)
            print()
            self.left_open = (await tour.end())["open_orders"]

    async def _watch(self, tour: Tour, patience: Patience) -> None:
        patience.begin()
        with watch_for(sys.stdout, tour.names) as watch:
            watch.show(await tour.status())
            while await patience.lasts(watch.interval_s):
                watch.show(await tour.status())
