"""Events of what is stored: their kind and their words."""

import pytest
from msgspec.structs import replace

from market_maker.model.lifecycle import PoolState
from market_maker.operations.pool_events import EventKind, move_event, signal_events
from tests import builders
from tests.unit.model.test_history import row


@pytest.mark.parametrize(
    ("state", "by", "reason", "kind"),
    [
        (PoolState.ACTIVE, "ann", "started", EventKind.STATE),
        (PoolState.HALTED, "ann", "drill", EventKind.HALT),
        (PoolState.PAUSED, "service", "restarted; was ACTIVE", EventKind.RESTART),
        (PoolState.PAUSED, "ann", "restarted; was ACTIVE", EventKind.STATE),
    ],
)
def test_halts_and_restarts_are_moves_of_their_own_kind(state, by, reason, kind):
    event = move_event(builders.state(state=state, by=by, reason=reason))
    assert (event.kind, event.text, event.by) == (kind, f"{state}: {reason}", by)


def test_a_signal_is_an_event_where_it_changes():
    rows = [replace(row(n), rebalance=signal) for n, signal in enumerate(["none", "sell", "sell"])]
    found = [(event.ts, event.text) for event in signal_events(rows)]
    assert found == [(rows[1].ts, "rebalance: sell")]
