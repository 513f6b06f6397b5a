import json

import pytest

from market_maker.cli.main import run

POOL = """
gamma = 0.05
kappa = 2
num_levels = 2
min_spread_bps = 3
max_spread_bps = 80
order_size_usdt = 1000

[[members]]
participant_id = "acme"
capital_weight_pct = 100
position_limit_usdt = 50000
max_loss_usdt = 2000
"""
MOMENT = ["--mid", "100000.05", "--sigma", "53.42", "--position", "0.1"]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "pool.toml"
    path.write_text(POOL)
    return path


def command(config, *arguments, moment=MOMENT):
    return run(["preview", "--config", str(config), *moment, *arguments])


def test_the_ladder_and_the_dials_are_shown(config, capsys):
    assert command(config) == 0
    shown = capsys.readouterr().out
    words = ("BTCUSDT-PERP", "12.65", "inside", "99931.4", "acme", "gamma", "kappa", "sigma")
    assert [word for word in words if word not in shown] == []
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_json_is_one_object_with_the_whole_preview(config, capsys):
    assert command(config, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["now"]["spread_bps"] == pytest.approx(12.65, abs=0.01)
    assert [dial["name"] for dial in found["dials"]] == ["gamma", "kappa", "sigma", "position"]
    assert found["quotes"][0]["members"] == {"acme": found["quotes"][0]["lots"]}


def test_a_page_is_written_once_and_replaced_only_by_force(config, tmp_path, capsys):
    page = tmp_path / "preview.html"
    assert command(config, "--html", str(page)) == 0
    assert "data-chart=" in page.read_text("utf-8")
    assert command(config, "--html", str(page)) == 2
    assert "--force" in capsys.readouterr().err
    assert command(config, "--html", str(page), "--force") == 0


def test_the_files_own_symbol_counts(config, capsys):
    config.write_text('symbol = "ETHUSDT-PERP"\n' + POOL)
    assert command(config, "--json", moment=["--mid", "4000", "--sigma", "60"]) == 0
    assert json.loads(capsys.readouterr().out)["symbol"] == "ETHUSDT-PERP"


def test_any_instrument_can_be_described(config, capsys):
    described = ["--symbol", "ABCUSDT", "--tick-size", "0.5", "--lot-size", "0.001"]
    assert command(config, "--json", *described) == 0
    quotes = json.loads(capsys.readouterr().out)["quotes"]
    assert {float(quote["price"]) % 0.5 for quote in quotes} == {0.0}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--mid", "0", "--sigma", "50"], "mid"),
        (["--mid", "nan", "--sigma", "50"], "mid"),
        (["--mid", "1e5", "--sigma", "50"], "mid"),
        (["--mid", "100000", "--sigma", "nan"], "sigma"),
        (["--mid", "100000", "--sigma", "-1"], "sigma"),
        (["--mid", "100000", "--sigma", "x"], "sigma"),
        (["--mid", "100000"], "--sigma"),
        (["--sigma", "50"], "--mid"),
        ([*MOMENT, "--position", "lots"], "position"),
        ([*MOMENT, "--sigma-ref", "inf"], "sigma_ref"),
        ([*MOMENT, "--symbol", "NOSUCH"], "NOSUCH"),
        ([*MOMENT, "--symbol", "X", "--tick-size", "0.1"], "lot_size"),
        ([*MOMENT, "--symbol", "X", "--lot-size", "0.1"], "tick_size"),
        ([*MOMENT, "--symbol", "X", "--lot-size", "0.1", "--tick-size", "0"], "tick_size"),
        ([*MOMENT, "--html", "{folder}"], "html"),
        ([*MOMENT, "--html", "{folder}/none/x.html"], "html"),
        ([*MOMENT, "--html", "{folder}/pool.toml", "--force"], "html"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_exit_code_2(config, arguments, named, capsys):
    words = [word.replace("{folder}", str(config.parent)) for word in arguments]
    assert command(config, moment=words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert named in captured.err
    assert config.read_text() == POOL


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gamma = -1", "gamma"),
        ("kappa = 0", "kappa"),
        ("tau = 0", "tau"),
        ("gamma = nan", "gamma"),
        ('strategy = "telepathy"', "strategy"),
        ('strategy = "glft"', "intensity_per_hour"),
        ('strategy = "ladder"\nnum_levels = 3\n[strategy_params]\nmax_depth_bps = 2', "max_depth"),
        (
            'strategy = "ladder"\n[strategy_params]\nsizes = "custom"\ncustom_sizes = "1,2"',
            "custom",
        ),
        ("order_size_usdt = 10", "order_size_usdt"),
        ("this is no toml", "TOML"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_by_name(config, text, named, capsys):
    config.write_text(text)
    assert command(config) == 2
    assert named in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    assert command(tmp_path / "none.toml") == 2
    assert "none.toml" in capsys.readouterr().err


def test_what_can_never_be_placed_is_one_line_and_exit_2(config, capsys):
    config.write_text(POOL.replace("order_size_usdt = 1000", "order_size_usdt = 99"))
    assert command(config) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "at least 100.00005: the smallest order of BTCUSDT-PERP" in told
