"""`market_maker compare` as a person calls it."""

import json

import pytest

from market_maker.cli.main import run
from market_maker.storage.recording import write_recording
from tests.toy_market import coin_margined, toy_recording

CONFIG = """
gamma = 0.01
kappa = 20
min_spread_bps = 3
max_spread_bps = 80
order_size_usdt = 1000
vol_lookback_seconds = 10
warmup_samples = 3
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "toy.mmrec"
    write_recording(path, toy_recording(seconds=12))
    return path


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("configs") / "pool.toml"
    path.write_text(CONFIG)
    return path


def refused(capsys, *arguments):
    """The one line on standard error."""
    assert run(["compare", *map(str, arguments)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    return line


@pytest.mark.thorough
def test_one_table_one_page_and_one_object_say_the_same(capsys, recording, config, tmp_path):
    page = tmp_path / "page.html"
    common = [recording, "--config", config, "--strategies", "avellaneda_stoikov,symmetric"]
    arguments = [*common, "--sweep", "gamma=0.01:0.05:2", "--jobs", "2", "--no-stress"]
    assert run(["compare", *map(str, arguments), "--json", "--report", str(page)]) == 0
    result = json.loads(capsys.readouterr().out)
    labels = [case["label"] for case in result["cases"]]
    assert labels == [
        "avellaneda_stoikov gamma=0.01",
        "avellaneda_stoikov gamma=0.05",
        "symmetric gamma=0.01",
        "symmetric gamma=0.05",
    ]
    assert result["cases"][0]["against_first"] is None
    assert result["cases"][1]["against_first"]["net_pnl"]["value"] is not None
    text = page.read_text()
    assert run(["compare", *map(str, arguments)]) == 0
    table = capsys.readouterr().out
    for label in labels:
        assert label in text
        assert label in table
    assert "Under other terms" not in text


@pytest.mark.thorough
def test_stress_shows_what_other_terms_do(capsys, recording, config):
    arguments = [recording, "--config", config, "--strategies", "symmetric", "--json"]
    assert run(["compare", *map(str, arguments)]) == 0
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert list(case["stressed"]) == ["latency x2", "fees +1 bp", "fees -1 bp", "other queue"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--strategies", "symmetric,magic"], "strategies"),
        (["--strategies", ""], "strategies"),
        (["--strategies", "symmetric,symmetric"], "each strategy once"),
        (["--sweep", "gamma"], "FIELD=low:high:count"),
        (["--sweep", "gamma="], "FIELD=low:high:count"),
        (["--sweep", "gamma=1:2"], "low:high:count"),
        (["--sweep", "gamma=2:1:3"], "low below high"),
        (["--sweep", "gamma=1:2:1"], "a count from 2"),
        (["--sweep", "gamma=1:2:999"], "at most 64"),
        (["--sweep", "gamma=1,1"], "each value once"),
        (["--sweep", "members=1,2"], "that quotes depend on"),
        (["--sweep", "version=1,2"], "that quotes depend on"),
        (["--sweep", "strategy=glft,smart"], "--strategies names these"),
        (["--sweep", "react=1,0"], "true or false"),
        (["--sweep", "gamma=nan,1"], "decimal number"),
        (["--sweep", "nonsense=1,2"], "nonsense"),
        (["--sweep", "gamma=-1,2"], "gamma"),
        (["--sweep", "gamma=0.1,0.2", "--sweep", "gamma=1,2"], "each field once"),
        (["--jobs", "0"], "jobs"),
        (["--jobs", "1000"], "jobs"),
        (["--seed", "-1"], "seed"),
        (["--latency-ms", "-5"], "latency_ms"),
        (["--report", "no/such/folder/page.html"], "report"),
    ],
)
def test_bad_input_is_one_line_that_says_what_is_allowed(capsys, recording, options, words):
    assert words in refused(capsys, recording, *options)


def test_what_is_no_recording_is_refused(capsys, tmp_path):
    path = tmp_path / "junk.mmrec"
    path.write_bytes(b"junk")
    assert "junk.mmrec" in refused(capsys, path, "--strategies", "symmetric")


def test_a_comparison_of_an_inverse_contract_counts_contracts_and_coins(capsys, tmp_path, config):
    path = tmp_path / "coin.mmrec"
    write_recording(path, coin_margined(toy_recording(seconds=12)))
    arguments = [path, "--config", config, "--strategies", "symmetric", "--no-stress", "--json"]
    assert run(["compare", *map(str, arguments), "--jobs", "1"]) == 0
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    result = case["result"]
    assert int(result["turnover"]) == 10 * int(result["volume"]) > 0
    assert (result["pnl_currency"], result["pnl"]["funding"]) == ("TOY", "0")
