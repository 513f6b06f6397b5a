"""The panel in a real browser, served by a real service: `panel/e2e` driven by Playwright."""

import asyncio
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import aiohttp
import httpx
import msgspec
import pytest
from aiohttp.test_utils import TestServer
from anyio.from_thread import start_blocking_portal

from bench.service_set_up import set_up
from bench.service_worker import listings
from market_maker.cli.emulate_platform import AUDIENCE, ISSUER
from market_maker.cli.main import run
from market_maker.clocks import TimeOfDay
from market_maker.emulators.auth import AuthServer
from market_maker.model.caller import Role
from market_maker.model.participant import RevenueModel
from market_maker.serving.panel_files import FOLDER
from market_maker.storage.recording import write_recording
from tests.e2e.drill import ExchangeProcess
from tests.e2e.running import Running
from tests.e2e.simulated import new_place
from tests.servers import free_port
from tests.support.machine import need_program
from tests.tidy.tree import ROOT
from tests.toy_market import toy_recording
from tests.unit.api.bodies import MEMBER, PARTICIPANT
from tests.unit.api.bodies import POOL as DOCUMENTED_POOL
from tests.unit.api.trading import MONTH, open_for_business, trade

pytestmark = pytest.mark.slow

BUILD_S = 300
BROWSE_S = 900
SAID = re.compile(r"panel (http://[^/,]+)/market-maker/pools(?:,|$)").search
PATIENCE = "4"
"""Times the panel's own limits: other tests load the machine."""
POOL = DOCUMENTED_POOL | {"symbol": "BTCUSDT-PERP"}
FIRST_PAGE_BYTES = 180_000
PAGE_BYTES = 250_000
"""Gzipped."""
PAGE_BYTES_OF_A_REPORT = 400_000
LIBRARY = {
    "uplot.min.js": "dist/uPlot.iife.min.js",
    "uplot.min.css": "dist/uPlot.min.css",
    "uplot.license.txt": "LICENSE",
}
POOL_FILE = """
gamma = 0.01
kappa = 20
num_levels = 2
vol_lookback_seconds = 10
warmup_samples = 3
min_spread_bps = 3
max_spread_bps = 80
order_size_usdt = 1000

[[members]]
participant_id = "acme"
capital_weight_pct = 100
position_limit_usdt = 50000
max_loss_usdt = 2000
"""
MANY = 60
"""Pools: more than a stream sends in full."""
WEIGHTS = ("50", "30", "20")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")  # noqa: TID251  the machine's browser
PAID_IN_A_TOKEN = {"fee_token": "MMX", "fee_token_amount": Decimal("0.50")}
"""Of each fill of beta."""


@pytest.fixture(scope="module")
def built() -> None:
    need_program("npm")
    made = subprocess.run(
        ["make", "panel"], cwd=ROOT, capture_output=True, text=True, timeout=BUILD_S, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert (FOLDER / "index.html").is_file()


def quoting(service) -> None:
    """A pool of three members that quotes."""
    post = service.client.post
    names = []
    for number, _ in enumerate(WEIGHTS):
        body = PARTICIPANT | {"user_id": f"u{number}", "account_id": f"a{number}"}
        names.append(post("/v1/participants", json=body).json()["participant_id"])
        post(f"/v1/participants/{names[-1]}/activate")
    post("/v1/pools", json=POOL).raise_for_status()
    for name, weight in zip(names, WEIGHTS, strict=True):
        member = MEMBER | {"participant_id": name, "capital_weight_pct": weight}
        post(f"/v1/pools/{POOL['symbol']}/members", json=member).raise_for_status()
    post(f"/v1/pools/{POOL['symbol']}/enable").raise_for_status()


def panel_url(service) -> str:
    """The panel's address, as the service says it at its start."""
    lines = iter(service.process.stdout.readline, "")
    return next(said.group(1) for said in map(SAID, lines) if said)


def browsed(service, specs: str, folder: Path, **more: str) -> None:
    """Run files of panel/e2e against a service."""
    url, pid = panel_url(service), str(service.process.pid)
    played(specs, folder, PANEL_URL=url, SERVICE_PID=pid, **more)


def played(specs: str, folder: Path, **more: str) -> None:
    """Run files of panel/e2e, named with a blank between."""
    files = [f"{spec}.spec.ts" for spec in specs.split()]
    environment = os.environ | {  # noqa: TID251  for a child
        "PANEL_PATIENCE": PATIENCE,
        "PANEL_RESULTS": str(folder / "results"),
        "CHROMIUM": need_program(CHROMIUM),
    }
    done = subprocess.run(
        ["node", "node_modules/@playwright/test/cli.js", "test", *files],
        cwd=ROOT / "panel",
        env=environment | more,
        capture_output=True,
        text=True,
        timeout=BROWSE_S,
        check=False,
    )
    # What the page showed when a step failed.
    pages = [page.read_text()[:8_000] for page in folder.rglob("error-context.md")]
    assert done.returncode == 0, "\n".join([done.stdout[-8_000:], done.stderr[-2_000:], *pages])
    sys.stdout.write(done.stdout)  # how long each took: pytest -rP


@pytest.mark.usefixtures("built")
def test_a_night_at_the_desk_and_the_dashboard_of_makers_by_clicking_only(tmp_path):
    with Running(tmp_path, PANEL_PORT="any", DISABLE_AUTH="true") as service:
        quoting(service)
        browsed(service, "maker night", tmp_path)


@pytest.mark.usefixtures("built")
def test_sections_3_to_13_of_the_operations_document_by_clicking_only(tmp_path):
    with Running(tmp_path, PANEL_PORT="any", DISABLE_AUTH="true") as service:
        browsed(service, "sop", tmp_path)


@pytest.mark.usefixtures("built")
def test_a_night_with_an_incident(tmp_path):
    with (
        ExchangeProcess(tmp_path) as venue,
        Running(
            tmp_path,
            PANEL_PORT="any",
            DISABLE_AUTH="true",
            ORDER_SERVICE_URL=venue.url,
        ) as service,
    ):
        quoting(service)
        browsed(service, "incident", tmp_path, VENUE_PID=str(venue.process.pid))


@pytest.mark.usefixtures("built")
def test_people_sign_in_see_and_may_do_what_the_matrix_says_and_read_reports(tmp_path):
    with Running(tmp_path, PANEL_PORT="any") as service:
        folder = service.data_dir / "recordings"
        folder.mkdir()
        toy = toy_recording(seconds=60)
        write_recording(folder / "toy.mmrec", toy)
        priced = msgspec.structs.replace(toy.instrument, symbol="TOYBTC")
        write_recording(folder / "bitcoin.mmrec", msgspec.structs.replace(toy, instrument=priced))
        service.client.headers["Authorization"] = f"Bearer {service.token()}"
        quoting(service)
        url = panel_url(service)
        # Each with tokens of its own, which live for a quarter of an hour.
        for spec in ("reports", "roles", "session"):
            tokens = {
                f"TOKEN_{role.upper()}": service.token_of(f"{role}-e2e", role) for role in Role
            }
            token = service.token_of(f"{spec}-e2e", Role.OPERATOR)
            played(spec, tmp_path, PANEL_URL=url, TOKEN=token, RECORDING="toy.mmrec", **tokens)


@pytest.mark.usefixtures("built")
def test_people_sign_in_at_the_page_of_an_auth_service(tmp_path):
    server = TestServer(AuthServer(ISSUER, AUDIENCE, TimeOfDay()).app)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(server),
        Running(
            tmp_path,
            PANEL_PORT="any",
            AUTH_SERVICE_URL=str(server.make_url("")),
            AUTH_CLIENT_ID="panel",
            JWT_ISSUER=ISSUER,
            JWT_AUDIENCE=AUDIENCE,
        ) as service,
    ):
        asked = {"subject": "e2e", "roles": list(Role)}
        token = httpx.post(str(server.make_url("/v1/tokens")), json=asked).json()["token"]
        service.client.headers["Authorization"] = f"Bearer {token}"
        quoting(service)
        browsed(service, "auth_page", tmp_path)


@pytest.mark.usefixtures("built")
def test_a_month_is_settled_by_people_of_five_roles_with_its_evidence_by_clicking_only(tmp_path):
    place = new_place(tmp_path, "data")
    shared = dict.fromkeys(("acme", "beta"), RevenueModel.PERCENTAGE_SPLIT)
    place.on_store(lambda store: open_for_business(store, models=shared))
    with Running(tmp_path, PANEL_PORT="any") as service:
        # Booked after the service has closed what was over at its start: people close this month.
        place.on_store(lambda store: trade(store, names=("acme",)))
        place.on_store(lambda store: trade(store, names=("beta",), first=3, **PAID_IN_A_TOKEN))
        tokens = {f"TOKEN_{role.upper()}": service.token_of(f"{role}-e2e", role) for role in Role}
        browsed(service, "settle", tmp_path, MONTH=MONTH, **tokens)


@pytest.mark.usefixtures("built")
def test_reports_open_from_a_disk_without_a_network_and_zoom(tmp_path):
    recording, config = tmp_path / "toy.mmrec", tmp_path / "pool.toml"
    write_recording(recording, toy_recording(seconds=60))
    config.write_text(POOL_FILE)
    pool = ("--config", str(config))
    moment = ("--mid", "100000", "--sigma", "53.42")
    for command in (
        ("replay", str(recording), *pool, "--report", str(tmp_path / "replay.html")),
        ("compare", str(recording), "--report", str(tmp_path / "compare.html"), "--jobs", "1"),
        ("estimates", str(recording), "--html", str(tmp_path / "estimates.html")),
        ("preview", *pool, *moment, "--html", str(tmp_path / "preview.html")),
    ):
        assert run(list(command)) == 0
    pages = [path.stat().st_size for path in tmp_path.glob("*.html")]
    assert len(pages) == len(["replay", "compare", "estimates", "preview"])
    assert max(pages) <= PAGE_BYTES_OF_A_REPORT
    played("report_file", tmp_path, REPORTS=str(tmp_path))


@pytest.mark.usefixtures("built")
def test_the_chart_library_of_reports_is_the_file_that_the_lock_installs():
    for ours, theirs in LIBRARY.items():
        packaged = ROOT / "src" / "market_maker" / "research" / ours
        installed = ROOT / "panel" / "node_modules" / "uplot" / theirs
        assert packaged.read_bytes() == installed.read_bytes(), f"cp {installed} {packaged}"


@pytest.mark.usefixtures("built")
def test_the_first_page_and_any_page_stay_within_their_bytes():
    page = (FOLDER / "index.html").read_text()
    packed = {path.name: path.stat().st_size for path in (FOLDER / "assets").glob("*.gz")}
    first = sum(size for name, size in packed.items() if name.removesuffix(".gz") in page)
    assert 0 < first <= FIRST_PAGE_BYTES
    # Any page loads some of the files, so all of them together bound each.
    assert sum(packed.values()) <= PAGE_BYTES


@pytest.mark.usefixtures("built")
def test_nothing_is_kept_of_the_pictures_of_300_pools_or_of_a_long_stream(tmp_path):
    played("budget", tmp_path)


@pytest.mark.usefixtures("built")
def test_wrong_clocks_lost_networks_numbers_at_their_ends_and_what_is_wrong_on_each_page(tmp_path):
    played("desk trouble", tmp_path)


@pytest.mark.usefixtures("built")
def test_sixty_pools_are_stopped_and_each_is_proved(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "bench.service_worker", "soak", str(MANY)]
    with subprocess.Popen(
        [*command, str(tmp_path / "data"), str(tmp_path / "seen.json")],
        cwd=ROOT,
        env=os.environ  # noqa: TID251  for a child
        | {"HTTP_PORT": "any", "METRICS_PORT": "any", "PANEL_PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
    ) as service:
        try:
            asyncio.run(sixty_pools(service.stdout.readline().strip()))
            played("many", tmp_path, PANEL_URL=f"http://127.0.0.1:{port}")
        finally:
            service.terminate()


async def sixty_pools(url: str) -> None:
    async with aiohttp.ClientSession(url) as session:
        await set_up(session, sorted(listings(MANY)))


@pytest.mark.usefixtures("built")
def test_the_panel_s_types_lint_and_units_hold_for_the_description_that_is_served():
    openapi = subprocess.run(
        [str(Path(sys.executable).parent / "market_maker"), "openapi"],
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    (ROOT / "panel" / "openapi.json").write_bytes(openapi)
    for script in ("types", "check"):
        done = subprocess.run(
            ["npm", "run", "--silent", script],
            cwd=ROOT / "panel",
            capture_output=True,
            text=True,
            timeout=BUILD_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
