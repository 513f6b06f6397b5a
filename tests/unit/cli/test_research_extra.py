"""The service runs without numba and numpy; research says what it needs."""

import subprocess
import sys

import pytest

SERVICE = ("serve", "walk", "demo", "token", "settle", "statement", "ledger", "db", "audit")
BLOCKED = (
    "import sys\n"
    "sys.modules['numpy'] = sys.modules['numba'] = None\n"
    "from market_maker.cli.main import run\n"
    "sys.exit(run(sys.argv[1:]))"
)


def python(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.thorough
def test_the_service_loads_neither_numba_nor_numpy():
    names = ", ".join(f"market_maker.cli.{name}" for name in SERVICE)
    loaded = python(
        f"import sys, {names}\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'numba', 'numpy'}))"
    )
    assert (loaded.returncode, loaded.stdout, loaded.stderr) == (0, "[]\n", "")


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["replay", "compare", "estimates", "import", "simulate"])
def test_a_research_command_without_the_extra_is_one_line_that_says_how_to_install_it(command):
    ran = python(BLOCKED, command, "--help")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: market_maker {command}: needs num")
    assert "pip install 'market_maker[research]'" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.thorough
def test_a_databento_file_without_the_extra_is_one_line_that_says_how_to_install_it(tmp_path):
    path = tmp_path / "x.dbn"
    path.write_bytes(b"DBN\x03")
    blocked = BLOCKED.replace(
        "sys.modules['numpy'] = sys.modules['numba']", "sys.modules['databento_dbn']"
    )
    ran = python(blocked, "import", str(path), "-o", str(tmp_path / "made"))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: market_maker import: needs databento_dbn; install the ")
    assert "pip install 'market_maker[databento]'" in ran.stderr
    assert ran.stderr.count("\n") == 1


STRATEGY = 'strategy = "glft"\nstrategy_params = {{ mode = "{}", intensity_per_hour = 100.0 }}\n'


@pytest.mark.thorough
def test_a_preview_needs_the_extra_only_for_its_charts_and_for_the_matrix_exponential(tmp_path):
    config, page = tmp_path / "pool.toml", tmp_path / "page.html"
    asked = ("preview", "--config", str(config), "--mid", "100000", "--sigma", "50")
    config.write_text(STRATEGY.format("stationary"))
    shown = python(BLOCKED, *asked)
    assert (shown.returncode, shown.stderr) == (0, "")
    drawn = python(BLOCKED, *asked, "--html", str(page))
    assert (drawn.returncode, page.exists()) == (2, False)
    assert "needs numpy" in drawn.stderr
    config.write_text(STRATEGY.format("finite") + "order_size_usdt = 2000\n")
    refused = python(BLOCKED, *asked)
    assert refused.returncode == 2
    assert "'finite' is not allowed; allowed: closed_form or stationary" in refused.stderr
