import pytest

from market_maker.model.errors import IllegalTransitionError
from market_maker.model.lifecycle import TRANSITIONS, Command, PoolState, advance, allowed

PAUSED, ACTIVE, HALTED = PoolState.PAUSED, PoolState.ACTIVE, PoolState.HALTED
ENABLE, PAUSE, RESUME, HALT = Command.ENABLE, Command.PAUSE, Command.RESUME, Command.HALT


@pytest.mark.parametrize(
    ("state", "command", "after"),
    [
        (PAUSED, ENABLE, ACTIVE),
        (PAUSED, RESUME, ACTIVE),
        (PAUSED, PAUSE, PAUSED),
        (PAUSED, HALT, HALTED),
        (ACTIVE, ENABLE, ACTIVE),
        (ACTIVE, RESUME, ACTIVE),
        (ACTIVE, PAUSE, PAUSED),
        (ACTIVE, HALT, HALTED),
        (HALTED, ENABLE, None),
        (HALTED, RESUME, ACTIVE),
        (HALTED, PAUSE, None),
        (HALTED, HALT, HALTED),
    ],
)
def test_every_pair_of_state_and_command(state, command, after):
    if after is None:
        with pytest.raises(IllegalTransitionError) as refused:
            advance(state, command)
        assert f"cannot {command} while {state}" in str(refused.value)
        assert refused.value.allowed == allowed(state)
    else:
        assert advance(state, command) is after
        assert command in allowed(state)


def test_nothing_but_resume_leads_out_of_a_halt():
    out = [c for (s, c), after in TRANSITIONS.items() if s is HALTED and after is not HALTED]
    assert out == [RESUME]
