from pathlib import Path

import msgspec
import pytest

from market_maker.cli import main
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.worker_folders import worker_folder
from market_maker.settings import LOCK_NAME
from market_maker.venues.exchange.parking import FILE_NAME, ParkedMessage, ParkingLot, shown_value

AT = 1_760_000_000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MM_DATA_DIR", str(tmp_path))
    (tmp_path / LOCK_NAME).touch()
    return tmp_path


def parked(folder: Path, second: int, **other: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    message = ParkedMessage(
        topic="md.mark.v1",
        partition=2,
        offset=4711,
        key="BTCUSDT-PERP",
        reason="price: 0 is not above 0",
        at=Nanos((AT + second) * NANOS_PER_SECOND),
        value=shown_value(b"abc"),
        size=3,
    )
    ParkingLot(folder / FILE_NAME).park(msgspec.structs.replace(message, **other))


def test_where_nothing_is_parked_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["parked"]) == 0
    assert capsys.readouterr().out == "none is parked\n"


def test_each_message_is_a_line_with_its_place_and_its_reason_of_every_worker(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parked(folder, 1)
    parked(worker_folder(folder, 1), 3, key="", reason="has no key, which names its symbol")
    parked(worker_folder(folder, 2), 2, key="\x1b[31mX\n", offset=7)
    with (folder / FILE_NAME).open("ab") as file:
        file.write(b'{"topic":"md.ma')  # what a crash left of a line
    assert main.run(["parked"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        (
            "2025-10-09 08:53:21.000000Z  md.mark.v1 partition 2 offset 4711  "
            "BTCUSDT-PERP 3 bytes: price: 0 is not above 0"
        ),
        (
            "2025-10-09 08:53:22.000000Z  md.mark.v1 partition 2 offset 7  "
            "\\x1b[31mX 3 bytes: price: 0 is not above 0"
        ),
        (
            "2025-10-09 08:53:23.000000Z  md.mark.v1 partition 2 offset 4711  "
            "no key 3 bytes: has no key, which names its symbol"
        ),
        "3 shown",
    ]


def test_the_newest_are_shown_and_as_json_with_their_bytes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for second in (1, 2, 3):
        parked(folder, second)
    assert main.run(["parked", "--last", "2", "--json"]) == 0
    shown = [
        msgspec.json.decode(line, type=ParkedMessage)
        for line in capsys.readouterr().out.splitlines()
    ]
    assert [each.at // NANOS_PER_SECOND - AT for each in shown] == [2, 3]
    assert {each.value for each in shown} == {"YWJj"}


def test_a_file_that_cannot_be_read_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / FILE_NAME).mkdir()
    assert main.run(["parked"]) == 2
    assert f"{FILE_NAME}: cannot be read: is a directory" in capsys.readouterr().err
