"""Market-by-order captures of three kinds, read order by order."""

import gzip

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.queue_calibration import probes_of
from market_maker.research.queue_messages import event_messages, lobster_messages, streams_of

EVENTS = """id,timestamp,exchange.timestamp,price,volume,action,direction
1,10,1,236.47,500,created,bid
2,11,2,236.47,300,created,bid
9,12,3,236.47,700,deleted,bid
1,14,5,236.47,200,changed,bid
2,13,4,236.47,100,deleted,bid
1,15,6,236.47,0,deleted,bid
3,16,7,236.50,50,created,ask
"""


def test_a_lobster_pair_is_read_order_by_order(tmp_path):
    messages = [
        "34200.1,1,11,5,100,1",
        "34200.2,4,7,3,100,1",
        "34200.3,5,0,9,100,1",
        "34200.4,3,11,5,100,1",
    ]
    books = ["110,1,100,9", "110,1,100,6", "110,1,100,6", "110,1,100,1"]
    for name, lines in (("X_2012-06-21_message_1.csv", messages), ("X_orderbook_1.csv", books)):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress("\n".join([*lines, ""]).encode()))
    found = list(lobster_messages(sorted(tmp_path.iterdir())))
    assert [(m.added, m.cancelled, m.traded, m.displayed) for m in found] == [
        (5, 0, 0, 9),
        (0, 0, 3, 6),
        (0, 5, 0, 1),
    ]
    (probe,) = probes_of(found)
    assert (probe.ahead, [step.front for step in probe.steps]) == (4, [1])


def whats(messages):
    return [(m.order_id, m.added, m.cancelled, m.traded, m.displayed) for m in messages]


def test_a_table_of_order_events_is_read_in_the_venues_order(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(EVENTS)
    assert whats(event_messages(path)) == [
        (1, 500, 0, 0, 500),
        (2, 300, 0, 0, 800),
        (2, 0, 300, 0, 500),
        (1, 0, 0, 300, 200),
        (1, 0, 0, 200, 0),
        (3, 50, 0, 0, 50),
    ]


@pytest.mark.parametrize("line", ["x,1,1,1,1,created,bid", "1,1,1,1,1,moved,bid", "1"])
def test_an_odd_row_is_named(tmp_path, line):
    path = tmp_path / "orders.csv"
    path.write_text(EVENTS + line + "\n")
    with pytest.raises(InvalidDataError, match=r"orders\.csv"):
        list(event_messages(path))


def test_files_of_several_days_are_paired_by_name(tmp_path):
    for day in (21, 22):
        (tmp_path / f"X_2012-06-{day}_message_1.csv").write_text("34200.1,1,11,5,100,1\n")
        (tmp_path / f"X_2012-06-{day}_orderbook_1.csv").write_text("110,1,100,9\n")
    (tmp_path / "orders.csv").write_text(EVENTS)
    streams = streams_of(sorted(tmp_path.iterdir()))
    assert [name for name, _ in streams] == [
        "orders.csv",
        "X_2012-06-21_message_1.csv X_2012-06-21_orderbook_1.csv",
        "X_2012-06-22_message_1.csv X_2012-06-22_orderbook_1.csv",
    ]


def test_a_file_without_its_other_half_is_named(tmp_path):
    for name in ("X_1_message_1.csv", "X_2_message_1.csv", "X_3_message_1.csv"):
        (tmp_path / name).write_text("34200.1,1,11,5,100,1\n")
    with pytest.raises(InvalidDataError, match=r"X_1_message_1\.csv.*no orderbook file"):
        streams_of(sorted(tmp_path.iterdir()))
