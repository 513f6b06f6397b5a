"""What must be paused is drained once, with its latest reason."""

from market_maker.execution.alarms import SERVICE, Alarm, Alarms
from market_maker.model.caller import Caller

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
