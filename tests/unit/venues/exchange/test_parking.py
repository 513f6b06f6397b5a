from base64 import b64decode
from pathlib import Path

import msgspec
from msgspec import structs

from market_maker.model.units import Nanos
from market_maker.venues.exchange.parking import ParkedMessage, ParkingLot, shown_value

MESSAGE = ParkedMessage(
    topic="md.trade.v1",
    partition=3,
    offset=17,
    key="BTCUSDT-PERP",
    reason="no decimal",
    at=Nanos(5),
    value=shown_value(b"\x00\xff"),
)


def test_a_parked_message_is_a_line_with_its_place_its_reason_and_its_bytes(tmp_path: Path) -> None:
    lot = ParkingLot(tmp_path / "parked")
    lot.park(MESSAGE)
    lot.park(structs.replace(MESSAGE, offset=18))
    lines = (tmp_path / "parked").read_bytes().splitlines()
    read = [msgspec.json.decode(line, type=ParkedMessage) for line in lines]
    assert [(each.partition, each.offset, each.reason) for each in read] == [
        (3, 17, "no decimal"),
        (3, 18, "no decimal"),
    ]
    assert b64decode(read[0].value) == b"\x00\xff"
    assert (lot.parked, lot.problem) == (2, "")


def test_a_full_file_is_said_and_grows_no_more(tmp_path: Path) -> None:
    lot = ParkingLot(tmp_path / "parked", bytes_max=300)
    for _ in range(10):
        lot.park(MESSAGE)
    assert (tmp_path / "parked").stat().st_size <= 300
    assert lot.parked == 10
    assert lot.problem.endswith("is full")


def test_a_folder_that_is_not_there_is_said_and_ends_nothing(tmp_path: Path) -> None:
    lot = ParkingLot(tmp_path / "missing" / "parked")
    lot.park(MESSAGE)
    assert lot.problem.endswith("No such file or directory")
