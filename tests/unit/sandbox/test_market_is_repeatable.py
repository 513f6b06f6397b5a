import subprocess
import sys

import pytest

from market_maker.model.actions import Place
from market_maker.model.events import (
    Trade,
)
from market_maker.model.orders import Side
from market_maker.sandbox.faults import Faults
from tests.unit.sandbox.market_client import ME, MS, SECOND, Client


def session(seed):
    """A maker that follows the book through every kind of fault; returns hashes of what it saw."""
    faults = Faults(
        lose_request=0.02,
        lose_reply=0.02,
        lose_fill=0.02,
        duplicate_fill=0.1,
        late_fill=0.1,
        lose_delta=0.01,
        reject=0.02,
        halt=0.02,
    )
    client = Client(seed=seed, faults=faults)
    members = [ME, "you", "them"]
    client.market.route("you", client.subscription)
    client.market.route("them", client.subscription)
    client.wait(SECOND)
    bid, ask = client.best()
    for step in range(300):
        member = members[step % 3]
        side = (Side.BUY, Side.SELL)[step // 3 % 2]
        for order in client.market.open_orders(member)[:1]:
            client.market.cancel(client.now, member, order.order_id)
        client.last_id += 1
        price = (bid, ask)[step // 3 % 2] - 10 * side.sign
        order = Place(client.last_id, member, side, 0, price, 5)
        client.market.place(client.now, member, order)
        client.wait(50 * MS)
        deltas = [e for e in client.heard[-10:] if isinstance(e, Trade)]
        if deltas:
            bid, ask = deltas[-1].price - 5, deltas[-1].price + 5
    return repr(client.heard), client.market.state_hash()


@pytest.mark.thorough
def test_the_same_seed_makes_the_same_events_and_state_and_another_seed_others():
    assert session(11) == session(11)
    events, state = session(12)
    assert session(11)[0] != events
    assert session(11)[1] != state


@pytest.mark.thorough
def test_processes_with_different_hash_seeds_agree():
    program = (
        "import hashlib; from tests.unit.sandbox.test_market_is_repeatable import session; "
        "events, state = session(11); print(hashlib.sha256(events.encode()).hexdigest(), state)"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(p for p in sys.path if p)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert len(answers[0].split()) == 2
    assert answers[0] == answers[1]
