"""`compare --equal-turnover`: the recommended pool against both references."""

import json

import pytest

from market_maker.cli.equal_turnover import EqualTurnover, print_held_out, print_standings
from market_maker.cli.main import run
from market_maker.research.equal_turnover import Standing
from market_maker.research.fill_outcomes import HORIZONS_S
from market_maker.research.held_out import Choice, HeldOut
from market_maker.research.resampling import Interval
from market_maker.storage.recording import write_recording
from tests.support.sweeps import made_plan
from tests.toy_market import toy_recording

TERMS = made_plan(["gamma=1,2"]).terms


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    target = tmp_path_factory.mktemp("equal") / "toy.mmrec"
    write_recording(target, toy_recording(seconds=260))
    return target


@pytest.mark.thorough
def test_the_table_holds_every_strategy_with_its_interval_and_its_inventory(path, capsys):
    assert run(["compare", str(path), "--equal-turnover", "--jobs", "1", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert [each["label"] for each in table] == [
        "recommended",
        "reference_glft",
        "reference_hummingbot",
    ]
    for each in table:
        assert each["where"] == "toy"
        assert each["held"] >= 0
        assert set(each["apart"]) == {"5", "30"}
    assert table[0]["apart"]["5"]["value"] in (0.0, None)


def standing(label, held, apart, blocks=20):
    """One at 1,000 of turnover, over which the first earned `apart` more after every horizon."""
    return Standing(
        where="toy",
        label=label,
        turnover=1_000.0,
        turnover_ratio=1.0,
        held=held,
        dials=(1.0, 2.0),
        earned=dict.fromkeys(HORIZONS_S, 0.5),
        apart=dict.fromkeys(HORIZONS_S, apart),
        blocks=blocks,
    )


def test_the_page_says_where_the_first_is_better_and_where_it_is_not(capsys):
    table = [
        standing("ours", 50.0, Interval(0.0, 0.0, 0.0)),
        standing("worse", 40.0, Interval(2.0, 1.0, 3.0)),
        standing("better", 60.0, Interval(-2.0, -3.0, -1.0)),
        standing("silent", 60.0, Interval(None, None, None)),
        standing("with use_funding", 50.0, Interval(0.0, 0.0, 0.0)),
    ]
    print_standings(table, as_json=False)
    out = capsys.readouterr().out
    better, worse, open_ = (
        ", ".join(f"{word} after {horizon} s" for horizon in HORIZONS_S)
        for word in ("better", "worse", "undecided")
    )
    assert f"toy: ours against worse: {better}, at more inventory" in out
    assert f"toy: ours against better: {worse}, at no more inventory" in out
    assert f"toy: ours against silent: {open_}, at no more inventory" in out
    assert "toy: with use_funding decided as ours did: it is not judged here" in out


def test_of_few_blocks_no_advantage_is_called_decided(capsys):
    """Five blocks had a star, and a strategy was "better" by them; compare asks for twenty."""
    table = [
        standing("ours", 50.0, Interval(0.0, 0.0, 0.0), 5),
        standing("worse", 40.0, Interval(2.0, 1.0, 3.0), 5),
    ]
    print_standings(table, as_json=False)
    out = capsys.readouterr().out
    assert "[+1.00, +3.00]*" not in out
    assert "better" not in out
    assert "ahead after 5 s" in out
    assert "5 blocks are too few to trust an interval" in out


def test_a_copy_of_a_recording_is_refused(path, capsys, tmp_path):
    """Its minutes counted as twice as many, and every interval was narrower by a third."""
    copy = tmp_path / "copy.mmrec"
    copy.write_bytes(path.read_bytes())
    line = ["compare", str(path), str(copy), "--equal-turnover", "--jobs", "1"]
    assert run(line) == 2
    assert "each recording once; toy.mmrec holds the same" in capsys.readouterr().err


def test_a_recording_that_shares_time_with_another_is_remarked(path, capsys, tmp_path):
    second = tmp_path / "second.mmrec"
    write_recording(second, toy_recording(seconds=100, seed=2))
    asked = EqualTurnover([path, second], [], (None, None), TERMS, None, 1)
    asked.check()
    remark = "Of second.mmrec: it shares 100.0 s with toy.mmrec, which count twice."
    assert capsys.readouterr().err.splitlines() == [remark]


def test_several_recordings_are_refused_where_turnover_is_not_made_equal(path, capsys):
    assert run(["compare", str(path), str(path)]) == 2
    assert "--equal-turnover" in capsys.readouterr().err


def test_two_recordings_of_one_name_are_refused(path, capsys):
    assert run(["compare", str(path), str(path), "--equal-turnover"]) == 2
    assert "allowed: files whose names differ" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sweep", "gamma=1,2", "--ablation"], "without --ablation"),
        (["--sweep", "gamma=1,2", "--match", "judged"], "nothing beside --sweep"),
        (["--sweep", "gamma=0,2"], "gamma"),
        (["--sweep", "gamma"], "FIELD=low:high:count"),
    ],
)
def test_values_that_cannot_be_chosen_are_refused_in_one_line(path, capsys, options, words):
    assert run(["compare", str(path), "--equal-turnover", "--jobs", "1", *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def held_out_of(half, chosen):
    return HeldOut(
        half=half,
        choices=(Choice("gamma=1", 0.25), Choice("gamma=3", None)),
        chosen=chosen,
        table=(
            standing(chosen, 50.0, Interval(0.0, 0.0, 0.0)),
            standing("reference_glft", 60.0, Interval(2.0, 1.0, 3.0)),
        ),
    )


def test_what_a_half_chose_stands_above_what_the_other_half_says_of_it(capsys):
    found = [held_out_of(1, "gamma=1"), held_out_of(2, "gamma=3")]
    print_held_out(found, as_json=False)
    first, second = capsys.readouterr().out.split("Chosen on the second halves")
    assert "Chosen on the first halves, by bps of turnover: gamma=1 +0.25, gamma=3 –" in first
    assert "Judged on the second halves" in first
    assert "Judged on the first halves" in second
    assert "gamma=1 against reference_glft: better after 5 s, better after 30 s" in first
    print_held_out(found, as_json=True)
    assert [each["chosen"] for each in json.loads(capsys.readouterr().out)] == [
        "gamma=1",
        "gamma=3",
    ]


@pytest.mark.thorough
def test_each_half_chooses_a_swept_value_and_the_other_judges_it_beside_the_references(
    path, capsys
):
    line = ["compare", str(path), "--equal-turnover", "--sweep", "gamma=30", "--jobs", "1"]
    assert run([*line, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for each, half in zip(found, (1, 2), strict=True):
        assert each["half"] == half
        assert [tried["label"] for tried in each["choices"]] == ["calibrated gamma=30"]
        assert [row["label"] for row in each["table"]] == [
            each["chosen"],
            "reference_glft",
            "reference_hummingbot",
            "as given",
        ]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--equal-turnover", "--report", "x.html"], "'--report x.html' is not allowed"),
        (["--equal-turnover", "--strategies", "glft"], "'--strategies glft' is not allowed"),
        (["--equal-turnover", "--no-stress"], "'--no-stress' is not allowed"),
        (["--match", "judged"], "'--match judged' is not allowed"),
        (["--ablation"], "'--ablation' is not allowed"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(path, capsys, options, named):
    assert run(["compare", str(path), *options]) == 2
    said = capsys.readouterr().err
    assert named in said
    assert "--equal-turnover" in said
