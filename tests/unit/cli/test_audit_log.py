import pytest

from market_maker.cli import main
from market_maker.cli.audit_log import FLAWS_SHOWN, told
from market_maker.journaling.audit import Anchor, ChainFlaw, ChainVerdict
from market_maker.model.units import Nanos

ANCHOR = Anchor(ts=Nanos(1_760_000_000_000_000_000), seq=5, hash="a" * 64)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("POSTGRES_URL", raising=False)
    monkeypatch.setenv("MM_DATA_DIR", str(tmp_path))
    return tmp_path


def test_a_whole_log_is_called_whole_with_its_last_anchor():
    assert list(told("db", (ANCHOR,), ChainVerdict(5, 1, ()))) == [
        "audit log of db",
        "5 records, 1 anchors, the last at record 5, 2025-10-09 08:53:20.000000Z",
        "whole: as it was written, nothing missing",
    ]


def test_flaws_are_named_by_record_and_a_flood_of_them_is_cut():
    flaws = tuple(ChainFlaw(seq, "is missing") for seq in range(1, FLAWS_SHOWN + 8))
    lines = list(told("db", (), ChainVerdict(99, 0, flaws)))
    assert lines[1:3] == ["99 records, 0 anchors", "record 1: is missing"]
    assert lines[-2:] == ["and 7 more", "NOT what was written"]


def test_an_empty_log_of_a_service_that_never_ran_is_whole(capsys):
    main.run(["db", "upgrade"])
    assert main.run(["audit", "verify"]) == 0
    assert capsys.readouterr().out.endswith("whole: as it was written, nothing missing\n")


def test_a_file_of_anchors_that_is_none_is_one_line_that_names_the_line(folder, capsys):
    main.run(["db", "upgrade"])
    anchors = folder / "copy.jsonl"
    anchors.write_text('{"ts":1}\n')
    assert main.run(["audit", "verify", "--anchors", str(anchors)]) == 2
    assert f"{anchors}, line 1: is not an anchor" in capsys.readouterr().err


def test_a_log_that_is_shorter_than_a_copied_anchor_is_not_whole(folder, capsys):
    main.run(["db", "upgrade"])
    anchors = folder / "copy.jsonl"
    anchors.write_text('{"ts":1,"seq":2,"hash":"x"}\n')
    assert main.run(["audit", "verify", "--anchors", str(anchors)]) == 1
    assert "record 1: is missing, and so are all up to 2: the end was cut off" in (
        capsys.readouterr().out
    )
