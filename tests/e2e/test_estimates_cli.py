"""`market_maker estimates` as a person calls it."""

import json

import pytest

from market_maker.cli.main import run
from market_maker.storage.recording import write_recording
from tests.toy_market import toy_recording


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "toy.mmrec"
    write_recording(path, toy_recording(seconds=15))
    return path


def test_it_prints_every_estimate_and_the_fits(recording, capsys):
    assert run(["estimates", str(recording)]) == 0
    out = capsys.readouterr().out
    for words in ("sigma", "kappa_hat", "vpin", "beta_book", "Hawkes", "may be quoted on"):
        assert words in out


def test_as_json_it_is_one_object(recording, capsys):
    assert run(["estimates", str(recording), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    lines = {line["name"]: line for line in report["estimates"]}
    assert set(lines["jump_ratio"]) == {"name", "value", "unit", "count", "ready", "off"}
    assert not any(line["off"] for line in lines.values())
    assert report["fit"]["reason"] == "" or not report["fit"]["usable"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nowhere.mmrec"], "no such file"),
        (["--step-ms", "0"], "step_ms"),
        (["--latency-ms", "fast"], "latency_ms"),
        (["--config", "nowhere.toml"], "no such file"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_two(recording, capsys, arguments, problem):
    where = [] if arguments[0].endswith("mmrec") else [str(recording)]
    assert run(["estimates", *where, *arguments]) == 2
    error = capsys.readouterr().err
    assert problem in error.lower()
    assert error.count("\n") == 1


@pytest.mark.thorough
def test_it_writes_a_page_and_replaces_it_only_with_the_option(recording, tmp_path, capsys):
    page = tmp_path / "estimates.html"
    assert run(["estimates", str(recording), "--html", str(page)]) == 0
    assert "Cascade severity" in page.read_text()
    assert run(["estimates", str(recording), "--html", str(page)]) == 2
    assert "--force" in capsys.readouterr().err
    assert run(["estimates", str(recording), "--html", str(page), "--force"]) == 0
