"""The recording that needs no capture, from its command line."""

import pytest

from market_maker.cli.main import run
from market_maker.storage.recording import read_recording


@pytest.mark.thorough
def test_it_writes_a_recording_that_can_be_read(tmp_path, capsys):
    output = tmp_path / "eth.mmrec"
    asked = ["record-sandbox", "-o", str(output), "--symbol", "ETHUSDT-PERP", "--minutes", "1"]
    assert run(asked) == 0
    assert f"wrote {output}" in capsys.readouterr().out
    recording = read_recording(output)
    assert recording.instrument.symbol == "ETHUSDT-PERP"
    assert 58 * 10**9 < recording.end - recording.start < 60 * 10**9
    assert run(asked) == 2
    assert "--force replaces it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--symbol", "NONE"], "NONE"), (["--minutes", "0"], "minutes"), (["--seed", "-1"], "seed")],
)
def test_a_wrong_request_is_one_line_and_no_file(tmp_path, capsys, arguments, named):
    output = tmp_path / "x.mmrec"
    assert run(["record-sandbox", "-o", str(output), *arguments]) == 2
    assert named in capsys.readouterr().err
    assert not output.exists()
