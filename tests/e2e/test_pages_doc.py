"""The commands of pages that no runbook is made of, as they stand there, pasted in order.

Each line of a fenced block is run, or stands in NOT_RUN with the reason. What is other on this
machine is replaced: ports, and folders that only root may write to.
"""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from market_maker.research.sandbox_recording import record_sandbox
from market_maker.sandbox.listings import LISTINGS
from market_maker.storage.recording import write_recording
from tests.e2e.runbook import blocks_of
from tests.e2e.running import Running
from tests.servers import free_port
from tests.shared_data import need_shared_data
from tests.support.lived import Lived
from tests.support.machine import need_program
from tests.toy_market import INSTRUMENT

ROOT = Path(__file__).parents[2]
LASTS_S = 900
SECONDS = 240
"""Of a recording: the least that is compared at equal turnover."""
PAGES = (
    "panel",
    "strategies",
    "estimators",
    "comparing-strategies",
    "reading-a-report",
)
RESEARCH = ("strategies", "estimators", "comparing-strategies")
NOT_RUN = {
    "panel": {
        "make run": "tests/e2e/test_walk_cli.py runs what it does",
        "make panel": "tests/e2e/test_panel.py builds it",
    },
    "strategies": {
        "POST ": "a request, which tests/e2e/test_maker_documented_calls.py sends",
        "GET ": "the same",
    },
    "comparing-strategies": {
        "market_maker compare btc_perp_2024.mmrec ": "minutes, on captures that are not here",
    },
    "reading-a-report": {"fills ": "an answer", "spread ": "an answer"},
}
TAKEN_OVER = {"toml": "pool.toml"}
"""Under which name a page's block of settings is kept before its commands are run."""


def text_of(page: str) -> str:
    return (ROOT / "docs" / f"{page}.md").read_text("utf-8")


def shown(page: str) -> list[str]:
    """Every command line, continued ones in one piece."""
    blocks = [block for language, _, block in blocks_of(text_of(page)) if language in {"", "sh"}]
    return [
        line.strip()
        for block in blocks
        for line in "\n".join(block).replace("\\\n", " ").splitlines()
        if line.strip()
    ]


def is_run(page: str, line: str) -> bool:
    return not line.startswith(tuple(NOT_RUN.get(page, ())))


def commands(page: str) -> list[str]:
    """Those that are run here."""
    return [line for line in shown(page) if is_run(page, line)]


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_run_stands_on_its_page_and_something_is(page: str) -> None:
    assert [
        words
        for words in NOT_RUN.get(page, ())
        if not any(line.startswith(words) for line in shown(page))
    ] == []
    assert commands(page)


class Pasted:
    """A folder in which lines are pasted into a shell. replaced: what is other here."""

    def __init__(self, folder: Path, replaced: dict[str, str] | None = None, **more: str) -> None:
        need_program("bash")
        self.folder, self.replaced = folder, replaced or {}
        path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
        self.environment = os.environ | {"PATH": path, **more}  # noqa: TID251  for a child
        if not (folder / "docs").exists():
            (folder / "docs").symlink_to(ROOT / "docs")

    def settings_of(self, page: str) -> None:
        """Keep the page's block of settings."""
        for language, _, block in blocks_of(text_of(page)):
            if language in TAKEN_OVER:
                (self.folder / TAKEN_OVER[language]).write_text("\n".join(block), "utf-8")

    def here(self, line: str) -> str:
        for there, here in self.replaced.items():
            line = line.replace(there, here)
        return line

    def run(self, line: str) -> str:
        """What it printed."""
        done = subprocess.run(
            ["bash", "-c", self.here(line)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LASTS_S,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def until_it_says(self, line: str, words: str) -> None:
        """Run what goes on until it is ended, up to its first line with these words."""
        with subprocess.Popen(
            ["bash", "-c", f"exec {self.here(line)}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert any(words in said for said in iter(process.stdout.readline, "")), line
                process.send_signal(signal.SIGINT)
                assert process.wait(LASTS_S) == 0
            finally:
                process.kill()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of the sandbox exchange, under the names of the pages."""
    folder = tmp_path_factory.mktemp("recorded")
    words = {word for page in RESEARCH for line in commands(page) for word in shlex.split(line)}
    for seed, name in enumerate(sorted(word for word in words if word.endswith(".mmrec")), 1):
        made = record_sandbox(LISTINGS[0], seed, SECONDS, lambda _done, _of: None)
        write_recording(folder / name, made)
    return folder


def with_recordings(folder: Path, recorded: Path) -> Pasted:
    for path in recorded.iterdir():
        (folder / path.name).symlink_to(path)
    return Pasted(folder)


@pytest.mark.slow
@pytest.mark.parametrize("page", RESEARCH)
def test_the_research_commands_of_a_page_run(tmp_path: Path, recorded: Path, page: str) -> None:
    pasted = with_recordings(tmp_path, recorded)
    pasted.settings_of(page)
    for line in commands(page):
        assert pasted.run(line)


@pytest.mark.slow
def test_a_report_is_made_as_its_page_says(tmp_path: Path, recorded: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    Lived(data).go().done()
    replaced = {
        "--symbol BTCUSDT-PERP": f"--symbol {INSTRUMENT.symbol}",
        "--since 2026-11-20T00:00Z --until 2026-11-21T00:00Z ": "",
    }
    pasted = Pasted(tmp_path, replaced, MM_DATA_DIR=str(data))
    capture, replay, parity = commands("reading-a-report")
    assert shlex.split(capture)[:2] == ["market_maker", "import"]
    (tmp_path / "btcusdt.mmrec").symlink_to(recorded / "btcusdt.mmrec")
    pasted.run(replay)
    pasted.run(parity)
    assert {"report.html", "parity.html"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.slow
def test_a_capture_is_imported_as_the_page_says(tmp_path: Path) -> None:
    (raw,) = need_shared_data("binance_usdm_raw_20240808").glob("btcusdt_20240808.gz")
    (tmp_path / raw.name).symlink_to(raw)
    Pasted(tmp_path).run(commands("reading-a-report")[0])
    assert (tmp_path / "btcusdt.mmrec").exists()


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Pasted]:
    """Beside a service that is found by its settings."""
    port = str(free_port())
    settings = {"HTTP_PORT": port, "MM_DATA_DIR": str(tmp_path / "data")}
    with Running(tmp_path, HTTP_PORT=port) as service:
        replaced = {"localhost:8095": f"localhost:{port}"}
        yield Pasted(tmp_path, replaced, TOKEN=service.token("viewer"), **settings)


@pytest.mark.slow
def test_the_stream_is_read_and_watched_as_the_panels_page_says(at_work: Pasted) -> None:
    need_program("curl")
    serve, stream, watch, token, other = commands("panel")
    assert serve.endswith("market_maker serve")
    assert "data: " in at_work.run(stream)
    at_work.until_it_says(f"env {watch}", "live")
    at_work.run(token)
    at_work.until_it_says(other, "live")


@pytest.mark.slow
def test_the_panel_is_served_without_tokens_as_its_page_says(tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("market_maker"))
    ports = {"HTTP_PORT": "any", "METRICS_PORT": "any"}
    pasted = Pasted(tmp_path, {".venv/bin/market_maker": program}, **ports)
    (serve,) = (line for line in commands("panel") if line.endswith(" serve"))
    pasted.until_it_says(f"env {serve}", "serves at http://")
