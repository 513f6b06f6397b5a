"""The units in deploy/ start what there is."""

import configparser
from pathlib import Path

import pytest

from market_maker.cli.main import COMMANDS
from market_maker.standalone.ending import EXIT_BROKEN, EXIT_CLEAN, EXIT_FAILED, EXITS

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


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
    paths = [path for path in UNITS if "watchdog" in path.name]
    assert len(paths) == 2
    tied = {"BindsTo", "PartOf", "Requires", "Requisite"}
    for path in paths:
        assert not tied & set(unit(path)["Unit"])
        assert unit(path)["Service"]["Restart"] == "always"


def test_the_maker_is_not_started_again_where_a_person_has_to_check_first():
    again = {EXIT_FAILED, EXIT_BROKEN}
    kept = set(EXITS) - again - {EXIT_CLEAN}
    path = DEPLOY / "market-maker-hyperliquid.service"
    prevented = unit(path)["Service"]["RestartPreventExitStatus"].split()
    assert {int(code) for code in prevented} == kept
    programs = unit(DEPLOY / "supervisord.conf")["program:hyperliquid"]
    assert {int(code) for code in programs["exitcodes"].split(",")} == kept | {EXIT_CLEAN}
    assert programs["autorestart"] == "unexpected"


def test_supervisord_starts_commands_that_there_are():
    programs = unit(DEPLOY / "supervisord.conf")
    started = [programs[name]["command"].split()[1] for name in programs.sections()]
    assert started == ["run", "watchdog"]
    assert set(started) <= set(COMMANDS)
