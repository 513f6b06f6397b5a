"""The units in deploy/ start what there is."""

import configparser
from pathlib import Path

import pytest

from market_maker.cli.main import COMMANDS

UNITS = sorted((Path(__file__).resolve().parents[2] / "deploy").glob("*.service"))


def unit(path):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(path)
    return parser


def test_service_and_watchdog_have_a_unit_each():
    started = {unit(path)["Service"]["ExecStart"].split()[1] for path in UNITS}
    assert {"serve", "watchdog"} <= started


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_there_is_and_keeps_its_data_private(path):
    service = unit(path)["Service"]
    program, command, *_ = service["ExecStart"].split()
    assert program.endswith("/market_maker")
    assert command in COMMANDS
    assert service["StateDirectoryMode"] == "0700"
    assert service["UMask"] == "0077"


def test_the_watchdog_neither_stops_nor_starts_with_the_service():
    (path,) = [path for path in UNITS if "watchdog" in path.name]
    tied = {"BindsTo", "PartOf", "Requires", "Requisite"}
    assert not tied & set(unit(path)["Unit"])
    assert unit(path)["Service"]["Restart"] == "always"
