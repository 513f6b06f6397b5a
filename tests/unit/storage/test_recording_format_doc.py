import re
from decimal import Decimal
from pathlib import Path

from market_maker.model.recording import RowKind
from market_maker.storage.recording import COLUMNS, write_recording
from tests.captures import make_recording

DOC = Path(__file__).parents[3] / "docs" / "recording-format.md"
ROWS = [
    (RowKind.CLEAR, 0, 0, 1_000, 2_000),
    (RowKind.BID, 990, 5, 1_000, 2_000),
    (RowKind.BUY_TRADE, 1010, 6, 3_000, 4_000),
    (RowKind.SELL_TRADE, 990, 3, 3_500, 4_500),
]


def test_the_snippet_reads_a_recording_with_numpy_alone(tmp_path):
    recording = make_recording(ROWS)
    write_recording(tmp_path / "x.mmrec", recording)
    (snippet,) = re.findall(r"```python\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL)
    names = {"path": tmp_path / "x.mmrec"}
    exec(snippet, names)  # noqa: S102 it is our own page
    for name in COLUMNS:
        assert (names["columns"][name] == getattr(recording, name)).all()
    assert (names["volume"], names["last_price"]) == (Decimal("0.009"), Decimal("99.0"))


def test_every_kind_stands_in_the_table():
    text = DOC.read_text("utf-8")
    assert all(f"`{kind.name}`" in text for kind in RowKind)
