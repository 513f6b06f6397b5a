"""What `market_maker kill` says."""

import pytest

from market_maker.cli.kill import told
from market_maker.serving.control_wire import ControlAnswer, KilledPool

POOL = KilledPool(symbol="X", state="HALTED", cancelled=3, still_open=0, unconfirmed=False)


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (
            ControlAnswer(recorded=True, pools=(POOL,)),
            ["X  HALTED  3 cancelled, nothing is open"],
        ),
        (ControlAnswer(recorded=True), ["no engine runs: nothing to halt"]),
        (
            ControlAnswer(),
            [
                "no engine runs: nothing to halt",
                "not in the audit log yet: the database does not answer",
            ],
        ),
    ],
)
def test_each_pool_has_a_line_and_what_is_missing_is_said(answer, lines):
    assert told(answer) == lines


def test_what_is_not_proved_stands_out():
    left = KilledPool(
        symbol="X", state="HALTED", cancelled=1, still_open=2, unconfirmed=True, error="down"
    )
    (line,) = told(ControlAnswer(recorded=True, pools=(left,)))
    assert line == "X  HALTED  1 cancelled, NOT PROVED: orders may be open; down"
