"""What a demo came to, out of the API's answers."""

import copy

import pytest

from market_maker.cli.demo_summary import DemoEnd, MemberFills, ScreenReadings, report, summarise

PNL = {"realised": "0.5", "unrealised": "0.1", "fees": "-0.2", "funding": "0", "net": "0.8"}
NAMES = {"p-1": "Acme Trading Desk", "p-2": "Beta Capital"}
STATUS = {
    "symbol": "BTCUSDT-PERP",
    "state": "PAUSED",
    "reason": "time is up",
    "failure": None,
    "open_orders": 0,
    "cancel_unconfirmed": False,
    "net_position": "0.010",
    "pnl": {"net": "1.6"},
    "members": [
        {"participant_id": name, "capital_weight_pct": "50", "position": size, "pnl": PNL}
        for name, size in (("p-1", "0.030"), ("p-2", "-0.020"))
    ],
    "counters": {"turns": 9, "placed": 5, "cancels": 3, "rejects": 0, "post_only_rejects": 0},
}


def fill(name, side, size):
    return {"participant_id": name, "side": side, "size": size, "value": "100"}


def summary(*, ledger_holds=True, **changed):
    readings, fills = ScreenReadings(), MemberFills()
    quoting, silent = {"quoting": True, "reason": "quoting"}, {"quoting": False, "reason": "stale"}
    for bid in (quoting, silent):
        readings.add({"state": "ACTIVE", "net_position": "-0.040", "bid": bid, "ask": quoting})
    readings.add(STATUS)
    for one in (fill("p-1", "BUY", "0.030"), fill("p-2", "SELL", "0.020")):
        fills.add(one)
    end = DemoEnd(7, 12.5, NAMES, ledger_holds)
    return summarise(copy.deepcopy(STATUS) | changed, readings, fills, end)


def test_a_run_that_adds_up_is_clean_and_says_what_was_proved():
    told = summary()
    assert told.clean
    assert (told.fills, str(told.volume), str(told.pnl.net)) == (2, "200", "1.6")
    assert told.quoting_uptime == 0.5
    assert told.reasons == {"bid": {"quoting": 0.5, "stale": 0.5}, "ask": {"quoting": 1.0}}
    assert str(told.max_abs_position) == "0.040"
    text = report(told)
    assert text.splitlines()[-1].startswith("the venue says 0 orders open")
    for words in ("Acme Trading Desk 50%", "rebate 0.20", "rebate 0.40", "market seed 7"):
        assert words in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"failure": "AssertionError: a bug"}, "THE ENGINE CRASHED: AssertionError: a bug"),
        ({"open_orders": 3}, "3 ORDERS STILL OPEN"),
        ({"cancel_unconfirmed": True}, "OPEN ORDERS UNKNOWN"),
        ({"net_position": "0.011"}, "THE BOOKS DO NOT AGREE"),
        ({"pnl": {"net": "1.7"}}, "THE BOOKS DO NOT AGREE"),
        ({"ledger_holds": False}, "THE BOOKS DO NOT AGREE"),
    ],
)
def test_whatever_is_not_as_it_should_be_is_said_and_no_clean_end(changed, said):
    told = summary(**changed)
    assert not told.clean
    assert report(told).splitlines()[-1].startswith(said)


def test_a_fill_that_is_not_on_record_is_found():
    readings, fills = ScreenReadings(), MemberFills()
    fills.add(fill("p-1", "BUY", "0.030"))
    told = summarise(STATUS, readings, fills, DemoEnd(1, 1.0, NAMES, ledger_holds=True))
    assert not told.checks.fills_sum_to_positions
