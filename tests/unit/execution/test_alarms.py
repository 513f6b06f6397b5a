"""What must be paused is drained once, with its latest reason."""

from market_maker.execution.alarms import SERVICE, Alarm, Alarms
from market_maker.model.caller import Caller
from market_maker.model.lifecycle import Command

OTHER = Caller("reconciliation", (), "")


def test_an_alarm_is_drained_once_with_its_latest_reason():
    alarms = Alarms()
    alarms.pause("A", "first")
    alarms.pause("B", "why")
    alarms.pause("A", "second")
    assert alarms.drain() == (Alarm("A", "second", SERVICE), Alarm("B", "why", SERVICE))
    assert alarms.drain() == ()


def test_each_subject_raises_its_alarm():
    alarms = Alarms()
    alarms.pause("A", "slow")
    alarms.pause("A", "position", OTHER)
    assert [alarm.by.subject for alarm in alarms.drain()] == ["service", "reconciliation"]


def test_what_is_to_be_halted_is_not_paused_instead():
    alarms = Alarms()
    alarms.pause("A", "slow")
    alarms.halt(["A", "B"], "older")
    alarms.pause("A", "slow")
    halted = [Alarm(symbol, "older", SERVICE, Command.HALT) for symbol in ("A", "B")]
    assert list(alarms.drain()) == halted
