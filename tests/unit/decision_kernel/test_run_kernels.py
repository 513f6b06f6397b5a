"""When the kernel stops because a position or money grew beyond what it multiplies."""

import numpy as np
import pytest

from market_maker.decision_kernel.decision_layout import DECISION, POSITION
from market_maker.decision_kernel.decision_state import MONEY
from market_maker.decision_kernel.run_kernels import WORTH_MAX, decisions_at, grown
from market_maker.decision_kernel.scope import MONEY_MAX
from market_maker.replay_venue.compiled import entry
from market_maker.replay_venue.wide_integers import put_wide

HIGHEST = 2**20
LOTS_MAX = int(WORTH_MAX) // HIGHEST


@entry
def has_grown(address):
    return grown(decisions_at(address, 1)[0])


def judged(money=(), peak=0, **lots):
    """Whether a pool of `lots`, working ones too, and money by name has grown too large."""
    root, pool = np.zeros(1, DECISION), np.zeros(1, POSITION)
    root["pool"], root["highest"] = pool.ctypes.data, HIGHEST
    put_wide(root[0], "money_max", MONEY_MAX)
    put_wide(root[0], "peak_net", peak)
    pool["lots"] = lots.pop("held", 0)
    for name, value in lots.items():
        root[name] = value
    for name, value in dict(money).items():
        put_wide(pool[0], name, value)
    return bool(has_grown(root.ctypes.data))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", [name for name in MONEY if name not in ("cost", "funding")])
def test_money_may_be_as_much_as_its_products_bear(name, sign):
    assert not judged({name: sign * MONEY_MAX})
    assert judged({name: sign * (MONEY_MAX + 1)})


def test_so_may_cost_and_the_peak():
    assert not judged({"cost": MONEY_MAX}, MONEY_MAX)
    assert judged({"cost": MONEY_MAX + 1})
    assert judged(peak=MONEY_MAX + 1)


def test_working_orders_count_as_held():
    half = LOTS_MAX // 2
    assert not judged(held=-half, working_buy=half)
    assert not judged(held=half, working_sell=half)
    assert judged(held=half, working_buy=half, working_sell=half)
    assert judged(held=-2 * LOTS_MAX)


def test_products_of_all_that_may_grow_fit_two_words():
    """net is a sum of four of these, an equity of two nets and a capital, and a rate 10^8."""
    assert (4 * 2 + 1) * (MONEY_MAX + 2**89) * 10**8 < 2**127
