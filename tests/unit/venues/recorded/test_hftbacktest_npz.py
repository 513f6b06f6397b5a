import numpy as np
import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import START_MS, rows_of

EVENT = np.dtype(
    {
        "names": ["ev", "exch_ts", "local_ts", "px", "qty", "order_id", "ival", "fval"],
        "formats": ["u8", "i8", "i8", "f8", "f8", "u8", "i8", "f8"],
    }
)
EXCH, LOCAL, BUY, SELL = 1 << 31, 1 << 30, 1 << 29, 1 << 28
DEPTH, TRADE, CLEAR, SNAPSHOT = 1, 2, 3, 4
START = START_MS * 10**6


def event(kind, side, ms, price, size, flags=EXCH | LOCAL):
    ts = START + ms * 10**6
    return (kind | side | flags, ts, ts + 5_000, price, size, 0, 0, 0.0)


GOOD = [
    event(SNAPSHOT, BUY, 0, 0.1 + 0.2, 1.5),
    event(SNAPSHOT, SELL, 0, 0.4, 2.0),
    event(DEPTH, BUY, 1, 0.3, 0.0),
    event(DEPTH, BUY, 1, 0.2, 1.0, EXCH),
    event(TRADE, SELL, 2, 0.2, 0.25),
    event(CLEAR, BUY, 3, 0.2, 0.0),
]


@pytest.fixture
def write(tmp_path):
    def write(name, events):
        path = tmp_path / name
        np.savez_compressed(path, data=np.array(events, dtype=EVENT))
        return path

    return write


def take(*paths):
    return import_capture(CaptureFormat.AUTO, paths, ImportOptions(symbol="BTCUSDT"))


def test_events_that_reached_us_become_rows(write):
    recording, report = take(write("x.npz", GOOD))
    assert [row[0] for row in rows_of(recording)] == ["CLEAR", "BID", "ASK", "BID", "SELL_TRADE"]
    price, quantity = recording.instrument.price, recording.instrument.quantity
    shown = [str(price(ticks)) for ticks in recording.ticks.tolist()[1:]]
    assert shown == ["0.3", "0.4", "0.3", "0.2"]
    assert [float(quantity(lots)) for lots in recording.lots.tolist()[1:]] == [1.5, 2.0, 0.0, 0.25]
    assert report.left_out == {"event that did not reach us": 1, "clear of one side": 1}


def test_several_files_are_brought_in_order(write):
    later = [event(TRADE, BUY, 500, 0.4, 1.0)]
    recording, _ = take(write("b.npz", later), write("a.npz", GOOD))
    assert rows_of(recording)[-1][0] == "BUY_TRADE"


def test_what_cannot_be_an_event_is_counted(write):
    odd = [event(DEPTH, 0, 1, 0.2, 1.0), event(DEPTH, BUY, 1, float("nan"), 1.0)]
    odd.append(event(DEPTH, BUY, 1, -1.0, 1.0))
    _, report = take(write("x.npz", GOOD + odd))
    assert report.malformed == 3
    first = len(GOOD) + 1
    assert report.malformed_samples == (
        f"x.npz: event {first}: neither of a buyer nor of a seller",
        f"x.npz: event {first + 1}: a price or size that cannot be",
        f"x.npz: event {first + 2}: a price or size that cannot be",
    )


def test_a_file_without_one_good_event_is_refused_with_the_first_odd_one(write):
    """It ended in an IndexError: what was counted was not kept."""
    odd = [event(DEPTH, 0, 1, 0.2, 1.0)]
    with pytest.raises(InvalidDataError, match=r"1 lines are malformed \(x\.npz: event 1: neither"):
        take(write("x.npz", odd))
    with pytest.raises(
        InvalidDataError, match=r"300 of 300 events are malformed \(y\.npz: event 1"
    ):
        take(write("y.npz", odd * 300))


def test_another_npz_is_refused_by_what_an_event_has(tmp_path):
    np.savez(tmp_path / "x.npz", data=np.zeros(3))
    with pytest.raises(InvalidDataError, match="an event has ev, exch_ts"):
        take(tmp_path / "x.npz")
    np.savez(tmp_path / "y.npz", other=np.zeros(3))
    with pytest.raises(InvalidDataError, match=r"holds no data\.npy"):
        take(tmp_path / "y.npz")


def test_a_damaged_file_is_refused(write):
    path = write("x.npz", GOOD)
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(InvalidDataError, match=r"x\.npz: "):
        take(path)


@pytest.mark.parametrize("stamp", [-(2**63), -1, 2**62, 2**63 - 1])
@pytest.mark.parametrize("field", ["exch_ts", "local_ts"])
def test_an_event_at_no_time_is_counted_and_left_out(tmp_path, field, stamp):
    events = np.array([*GOOD, GOOD[2]], dtype=EVENT)
    events[field][-1] = stamp
    np.savez_compressed(tmp_path / "x.npz", data=events)
    _, report = take(tmp_path / "x.npz")
    assert report.malformed == 1


def test_times_in_another_unit_are_refused(write):
    """Milliseconds were taken for nanoseconds: a day was 86 ms of 1970."""
    shrunk = [(ev, exch // 10**6, local // 10**6, *rest) for ev, exch, local, *rest in GOOD]
    with pytest.raises(InvalidDataError, match="none in nanoseconds since the Unix epoch"):
        take(write("x.npz", shrunk * 9))


def test_a_file_without_an_event_is_refused_as_such(write):
    with pytest.raises(InvalidDataError, match="it holds no event"):
        take(write("x.npz", []))
