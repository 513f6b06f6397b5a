import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.venues.recorded.counting import CaptureCounts
from market_maker.venues.recorded.rows import MarketRows
from market_maker.venues.recorded.tables import TableKind, decode_tables, open_tables

KIND = TableKind("prices", frozenset({"time", "price"}), "time")
SECOND = 1_700_000_000


class Kept:
    """Remembers its records; a price of "odd" is none."""

    def __init__(self):
        self.seen, self.finished = [], False

    def decode(self, table, record):
        if record["price"] == "odd":
            raise ValueError
        self.seen.append((table, record["time"], record["price"]))

    def finish(self):
        self.finished = True


def read(*paths):
    rows, kept = MarketRows(CaptureCounts()), Kept()
    tables = open_tables(paths, [KIND], lambda _path: ("time", "price"))
    decode_tables(tables, kept, rows, lambda _done, _total: None)
    return kept, rows.counts


def test_records_of_several_files_come_in_order_of_time(tmp_path):
    (tmp_path / "a").write_text(f"time,price\n{SECOND},1\n{SECOND + 9},2\n")
    (tmp_path / "b").write_text(f"price,time\n3,{SECOND + 5}\n")
    (tmp_path / "c").write_text(f"{SECOND + 7},4\n")
    kept, counts = read(*(tmp_path / name for name in "abc"))
    assert [price for _, _, price in kept.seen] == ["1", "3", "4", "2"]
    assert (counts.lines, counts.malformed, kept.finished) == (6, 0, True)


def test_odd_records_are_counted_with_their_line(tmp_path):
    (tmp_path / "a").write_text(f"time,price\n{SECOND},odd\n{SECOND}\nsoon,1\n{SECOND},2\n")
    kept, counts = read(tmp_path / "a")
    assert len(kept.seen) == 1
    assert sorted(each[:9] for each in counts.samples) == ["a: line 2", "a: line 3", "a: line 4"]


def test_too_many_odd_records_end_it(tmp_path):
    (tmp_path / "a").write_text("time,price\n" + "soon,1\n" * 20)
    with pytest.raises(InvalidDataError, match="20 of 21 lines are malformed"):
        read(tmp_path / "a")


def test_a_table_of_other_columns_is_refused(tmp_path):
    (tmp_path / "a").write_text("open,close\n1,2\n")
    with pytest.raises(InvalidDataError, match="its columns are open, close; taken are prices"):
        read(tmp_path / "a")


def test_fields_in_quotation_marks_are_read_without_them(tmp_path):
    lines = f'"time","price"\n"{SECOND}","1"\n{SECOND + 1},"2"\n{SECOND},"a\rb" c\r"\n'
    (tmp_path / "a").write_text(lines, newline="")
    kept, counts = read(tmp_path / "a")
    assert [price for _, _, price in kept.seen] == ["1", "2"]
    assert counts.malformed == 1
