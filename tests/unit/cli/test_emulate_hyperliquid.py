"""Options of `market_maker emulate hyperliquid`."""

import pytest

from market_maker.cli.main import run


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--account", "0x12=5"], "account"),
        (["--fault", "reset=2"], "fault"),
        (["--fault", "nope=0.5"], "fault"),
        (["--oi-cap", "NOPE=1"], "coin"),
        (["--freeze", "NOPE"], "freeze"),
        (["--delay-ms", "-1"], "delay-ms"),
        (["--schedule-volume", "-1"], "schedule-volume"),
        (["--port", "70000"], "port"),
        (["--fast-book-ms", "-1"], "fast-book-ms"),
        (["--recordings-wait", "--recording", "/dev/zero"], "device"),
    ],
)
def test_options_that_make_no_sense_are_one_line_and_exit_code_2(options, field, capsys):
    assert run(["emulate", "hyperliquid", *options]) == 2
    said = capsys.readouterr().err
    assert field in said
    assert said.count("\n") == 1
