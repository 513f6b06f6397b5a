"""The journal on the command line: replayed, and asked why."""

import pytest

from market_maker.cli.main import run
from market_maker.cli.moments import moment, spoken
from market_maker.journaling.journal_files import (
    JOURNAL_FOLDER,
    SegmentWriter,
    packed_turn,
    read_segment,
)
from market_maker.model.actions import Place
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import Nanos
from tests.support.recorded import SYMBOL, Recorded


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = Recorded(3, tmp_path_factory.mktemp("data") / JOURNAL_FOLDER)
    made.go(160).write()
    made.disk.segment_is_full = True
    made.go(60).done()
    return made


def command(world, *arguments):
    return run([*arguments, "--data-dir", str(world.folder.parent)])


@pytest.mark.thorough
def test_a_journal_replays_and_says_how_many_turns_agree(world, capsys):
    assert command(world, "audit", "replay", "--symbol", SYMBOL) == 0
    told = capsys.readouterr().out
    assert "2 segments, 220 turns agree, 0 segments differ, 0 cannot be replayed" in told


def test_the_first_difference_is_named_and_fails(world, tmp_path, capsys):
    (path, *_) = sorted((world.folder / SYMBOL).iterdir())
    beginning, turns = read_segment(path)
    turns = list(turns)
    number = next(n for n, t in enumerate(turns) if any(isinstance(a, Place) for a in t.actions))
    turns[number] = type(turns[number])(turns[number].now, turns[number].events, ())
    writer = SegmentWriter(tmp_path / JOURNAL_FOLDER, beginning)
    writer.append(list(map(packed_turn, turns)))
    writer.close()
    assert run(["audit", "replay", "--data-dir", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert f"turn {number} at" in told
    assert "then: None" in told
    assert "now:  Place(" in told


def test_a_segment_that_cannot_be_read_fails_and_does_not_hide_the_others(world, tmp_path, capsys):
    (path, *_) = sorted((world.folder / SYMBOL).iterdir())
    home = tmp_path / JOURNAL_FOLDER / SYMBOL
    home.mkdir(parents=True)
    (home / path.name).write_bytes(path.read_bytes())
    (home / "1.mmj").write_bytes(b"not a segment")
    assert run(["audit", "replay", "--data-dir", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "1.mmj  cannot be replayed: is not a segment of the journal" in told
    assert "2 segments, 161 turns agree, 0 segments differ, 1 cannot be replayed" in told


def test_a_segment_that_is_cut_at_half_is_named_and_fails(world, tmp_path, capsys):
    (path, *_) = sorted((world.folder / SYMBOL).iterdir())
    home = tmp_path / JOURNAL_FOLDER / SYMBOL
    home.mkdir(parents=True)
    content = path.read_bytes()
    (home / path.name).write_bytes(content[: len(content) // 2])
    assert run(["audit", "replay", "--data-dir", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert f"{path.name}  " in told
    assert "CUT OFF in the middle of a frame" in told
    assert "1 are cut off" in told


def test_no_journal_is_one_line_and_exit_code_2(tmp_path, capsys):
    folder = tmp_path / JOURNAL_FOLDER
    for command_line, where in (
        (("audit", "replay"), f"in {folder}"),
        (("audit", "replay", "--symbol", SYMBOL), f"of {SYMBOL} in {folder}"),
        (("explain", SYMBOL, "--at", "2026-01-01T00:00Z"), f"of {SYMBOL} in {folder}"),
    ):
        assert run([*command_line, "--data-dir", str(tmp_path)]) == 2
        assert capsys.readouterr().err == f"error: there is no journal {where}\n"


def test_an_explanation_says_what_was_known_quoted_and_sent(world, capsys):
    snapshot, now = world.engine.snapshot(), world.engine.now
    assert command(world, "explain", SYMBOL, "--at", str(now)) == 0
    told = capsys.readouterr().out
    assert f"{SYMBOL} at {spoken(now)}: {snapshot.state} ({snapshot.state_reason})" in told
    assert f"  BUY   {snapshot.bid.reason}" in told
    assert f"  SELL  {snapshot.ask.reason}" in told
    for member in snapshot.members:
        assert f"    {member.participant_id}  " in told
    for order in snapshot.orders:
        assert f"order {order.order_id}  " in told
    for words in ("book", "fair", "sigma", "spread", "position", "events of this turn"):
        assert words in told


def test_a_moment_in_words_is_found_as_well(world, capsys):
    assert command(world, "explain", SYMBOL, "--at", spoken(world.engine.now)) == 0
    assert "events of this turn" in capsys.readouterr().out


def test_a_moment_that_is_none_is_refused(world, capsys):
    assert command(world, "explain", SYMBOL, "--at", "yesterday") == 2
    assert "--at: 'yesterday' is not allowed" in capsys.readouterr().err


def test_a_moment_before_the_journal_is_refused(world, capsys):
    assert command(world, "explain", SYMBOL, "--at", "2020-01-01T00:00Z") == 2
    assert "there is no journal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01 00:01", 60 * 10**9),
        ("2026-11-20T23:15:00.250Z", 1_795_216_500_250_000_000),
        ("2026-11-20T23:15:00.000000001+00:00", 1_795_216_500_000_000_001),
        ("1795216500250000000", 1_795_216_500_250_000_000),
    ],
)
def test_moments_are_read_to_the_nanosecond(text, nanos):
    assert moment("at", text) == nanos


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-13-01T00:00Z",
        "2026-11-20",
        "2026-11-20T25:00Z",
        "-5",
        "1795216500",
        "２０26",
    ],
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(InvalidFieldError):
        moment("at", text)


def test_moments_are_written_in_utc_to_the_microsecond():
    assert spoken(Nanos(1_795_216_500_250_001_999)) == "2026-11-20 23:15:00.250001Z"
