"""Two who settle the same month at once, one of them killed midway: the same records, once."""

import signal
from decimal import Decimal
from itertools import count

import pytest

from market_maker.model.participant import RevenueModel
from tests.e2e.simulated import copied, new_place
from tests.servers import postgresql
from tests.unit.api.trading import MONTH, open_for_business, trade

pytestmark = pytest.mark.slow
__all__ = ["postgresql"]

NAMES = [f"member-{number:03d}" for number in range(100)]
SOME = 10
"""Of the records are made when the signal is sent."""

SETTLE = ("settle", "--month", MONTH)
AMOUNTS = (
    "settlement_id, month, revision, period_start, period_end, watermark, covered_ts, "
    "covered_entry, entries, late_entries, realised_usdt, fees_usdt, rebates_usdt, funding_usdt, "
    "gross_exact_usdt, gross_pnl_usdt, platform_share_pct, carry_in_usdt, platform_amount_usdt, "
    "net_payout_usdt, carry_out_usdt, direction, amount_usdt, status, version"
)
COUNT = "SELECT count(*) FROM mm_settlements"
CREATED = "SELECT count(*) FROM audit_log WHERE action = 'settlement.create'"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request):
    """PostgreSQL, or None."""
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else None


@pytest.fixture(scope="module")
def traded(server, tmp_path_factory):
    """A month in which all participants traded and none is settled."""
    place = new_place(tmp_path_factory.mktemp("traded"), "traded", server)

    async def fill(store):
        share = dict.fromkeys(NAMES, RevenueModel.PERCENTAGE_SPLIT)
        await open_for_business(store, models=share, weight="0.5")
        await trade(store, names=NAMES)

    place.on_store(fill)
    return place


@pytest.fixture(scope="module")
def calm(traded, server, tmp_path_factory):
    """What one process alone makes of that month."""
    alone = copied(traded, tmp_path_factory.mktemp("calm"), "calm", server)
    assert made(ended(alone.start(*SETTLE))) == len(NAMES)
    return records(alone)


def records(place):
    """Every settlement but who made it and when."""
    return place.asked(f"SELECT {AMOUNTS} FROM mm_settlements ORDER BY settlement_id")  # noqa: S608


def ended(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def made(out: str) -> int:
    """How many it says are new."""
    return int(out.rsplit(", ", 1)[1].split(" ", 1)[0])


def test_of_two_at_once_each_record_is_made_by_one(traded, calm, server, tmp_path):
    together = copied(traded, tmp_path, "together", server)
    both = [together.start(*SETTLE) for _ in range(2)]
    assert sum(made(ended(process)) for process in both) == len(NAMES)
    assert records(together) == calm
    assert together.asked(CREATED) == [(len(NAMES),)]
    (row,) = together.asked("SELECT sum(amount_usdt) FROM mm_settlements")
    assert Decimal(str(row[0])).quantize(Decimal("0.01")) == Decimal("20.01") * len(NAMES)


def killed_midway(traded, server, folder, name, *, both):
    """A copy of the month, of whose two settlers one or both were killed with some of the records
    made; and the other one. A month that is closed before the signal came is begun again."""
    for number in count():
        place = copied(traded, folder, f"{name}_{number}", server)
        settlers = place.start(*SETTLE), place.start(*SETTLE)
        victims = settlers if both else settlers[:1]
        while place.asked(COUNT)[0][0] < SOME and settlers[0].poll() is None:
            pass
        for victim in victims:
            victim.kill()
        for victim in victims:
            victim.communicate(timeout=60)
        ends = {victim.returncode for victim in victims}
        assert ends <= {0, -signal.SIGKILL}
        if 0 not in ends and place.asked(COUNT)[0][0] < len(NAMES):
            return place, settlers[1]
        settlers[1].communicate(timeout=60)
    raise AssertionError("unreachable")


def test_two_killed_midway_leave_whole_records_and_the_others_are_made_by_the_next(
    traded, calm, server, tmp_path
):
    drilled, _ = killed_midway(traded, server, tmp_path, "drilled", both=True)
    left = drilled.asked(COUNT)[0][0]
    assert SOME <= left < len(NAMES)
    assert set(records(drilled)) < set(calm)
    third = [drilled.start(*SETTLE) for _ in range(2)]
    assert sum(made(ended(process)) for process in third) == len(NAMES) - left
    assert records(drilled) == calm
    assert drilled.asked(CREATED) == [(len(NAMES),)]
    checked = drilled.command("ledger", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_who_survives_the_other_finishes_the_month(traded, calm, server, tmp_path):
    drilled, survivor = killed_midway(traded, server, tmp_path, "survived", both=False)
    ended(survivor)
    assert records(drilled) == calm
    assert drilled.asked(CREATED) == [(len(NAMES),)]
    assert made(ended(drilled.start(*SETTLE))) == 0
