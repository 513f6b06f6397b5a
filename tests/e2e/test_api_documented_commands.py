"""The commands of the operating procedure, as they stand there, pasted in order.

curl has the address of mm-service:8095; nothing else about a command is changed but {NAMES}.
"""

import json
import subprocess

import pytest

from tests.e2e.running import Running
from tests.support.machine import need_program

JSON = '-H "Content-Type: application/json"'
AT = "http://mm-service:8095"

CREATE = (
    f"curl -X POST {AT}/v1/pools {JSON} -d '"
    '{ "symbol": "XYZUSDT-PERP", "enabled": false, "gamma": "0.1", "kappa": "1.5", '
    '"vol_lookback_seconds": 300, "tau": "1.0", "num_levels": 3, "level_spacing_bps": "5", '
    '"min_spread_bps": "5", "max_spread_bps": "50", "order_size_usdt": "500", '
    '"max_pool_position_usdt": "50000", "max_pool_loss_usdt": "2000", "check_staleness": true, '
    '"staleness_threshold_ms": "2000", "quote_interval_ms": "100", "price_threshold_bps": "5" }'
    "'"
)
ENROLL = (
    f"curl -X POST {AT}/v1/participants {JSON} -d '"
    '{ "user_id": "3f4a8b2c-0000-0000-0000-000000000001", '
    '"account_id": "5d6e9f1a-0000-0000-0000-000000000002", '
    '"display_name": "Acme Trading Desk", "initial_margin_usdt": "10000", '
    '"max_drawdown_pct": "20", "revenue_model": "PERCENTAGE_SPLIT", "revenue_share_pct": "20", '
    '"tier": "TIER_1", "enrolled_by": "ops-team", "notes": "Onboarded 2026-04" }'
    "'"
)
ASSIGN = (
    f"curl -X POST {AT}/v1/pools/BTCUSDT-PERP/members {JSON} -d '"
    '{ "participant_id": "{PARTICIPANT_ID}", "capital_weight_pct": "40", '
    '"position_limit_usdt": "20000", "max_loss_usdt": "800" }'
    "'"
)
WIDEN = (
    f"curl -X PUT {AT}/v1/pools/BTCUSDT-PERP {JSON} -d '"
    '{ "symbol": "BTCUSDT-PERP", "enabled": true, "gamma": "0.1", "kappa": "1.5", '
    '"vol_lookback_seconds": 300, "tau": "1.0", "num_levels": 3, "level_spacing_bps": "5", '
    '"min_spread_bps": "5", "max_spread_bps": "80", "order_size_usdt": "1000", '
    '"max_pool_position_usdt": "50000", "max_pool_loss_usdt": "2500", "check_staleness": true, '
    '"staleness_threshold_ms": "2000", "quote_interval_ms": "100", "price_threshold_bps": "5" }'
    "'"
)
RAISE = (
    f"curl -X PUT {AT}/v1/pools/BTCUSDT-PERP/members/{{PARTICIPANT_ID}} {JSON} -d '"
    '{ "capital_weight_pct": "50", "position_limit_usdt": "25000", "max_loss_usdt": "1000" }'
    "'"
)
REDUCE = (
    f"curl -X PUT {AT}/v1/pools/BTCUSDT-PERP/members/{{PARTICIPANT_ID}} "
    "-d '" + '{"capital_weight_pct": "30"}' + "'"
)


@pytest.fixture
def paste(tmp_path):
    """Runs a command in a shell; returns the status and the answer."""
    need_program("curl")
    names = {}
    with Running(tmp_path, DISABLE_AUTH="true") as service:
        where = service.url.removeprefix("http://")

        def run(command, **more):
            names.update(more)
            for name, value in names.items():
                command = command.replace("{" + name + "}", value)
            options = f"curl -sS --connect-to mm-service:8095:{where} -w '\\n%{{http_code}}'"
            command = command.replace("curl", options, 1)
            done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
            body, _, status = done.stdout.rpartition("\n")
            return int(status), json.loads(body)

        run.names = names
        yield run


def pool_is_added(paste):
    status, made = paste(CREATE)
    assert (status, made["symbol"]) == (201, "XYZUSDT-PERP")
    status, pool = paste(f"curl {AT}/v1/pools/XYZUSDT-PERP")
    assert (status, pool["active_members"], pool["state"]) == (200, 0, "NOT_RUNNING")
    status, made = paste(CREATE.replace("XYZUSDT-PERP", "BTCUSDT-PERP"))
    assert status == 201


def a_participant_is_enrolled(paste):
    status, participant = paste(ENROLL)
    assert (status, participant["status"]) == (201, "PENDING")
    paste.names["PARTICIPANT_ID"] = participant["participant_id"]
    status, _ = paste(f"curl -X POST {AT}/v1/participants/{{PARTICIPANT_ID}}/activate")
    assert status == 200
    status, participant = paste(f"curl {AT}/v1/participants/{{PARTICIPANT_ID}}")
    assert (status, participant["status"]) == (200, "ACTIVE")


def a_participant_is_assigned(paste):
    status, members = paste(f"curl {AT}/v1/pools/BTCUSDT-PERP/members")
    assert (status, members["items"]) == (200, [])
    status, _ = paste(ASSIGN)
    assert status == 201
    status, pool = paste(f"curl {AT}/v1/pools/BTCUSDT-PERP/status")
    (member,) = pool["members"]
    assert (status, member["active"]) == (200, True)


def a_pool_is_enabled_with_the_documented_answer(paste):
    status, answer = paste(f"curl -X POST {AT}/v1/pools/BTCUSDT-PERP/enable")
    assert (status, answer) == (200, {"symbol": "BTCUSDT-PERP", "state": "ACTIVE"})
    status, answer = paste(f"curl -X POST {AT}/v1/pools/BTCUSDT-PERP/resume")
    assert (status, answer) == (200, {"symbol": "BTCUSDT-PERP", "state": "ACTIVE"})
    status, pool = paste(f"curl {AT}/v1/pools/BTCUSDT-PERP/status")
    assert (status, pool["state"]) == (200, "ACTIVE")


def config_and_weights_change_while_it_runs(paste):
    status, pool = paste(WIDEN)
    assert (status, pool["max_spread_bps"], pool["max_pool_loss_usdt"]) == (200, "80", "2500")
    status, member = paste(RAISE)
    assert (status, member["capital_weight_pct"]) == (200, "50")
    status, member = paste(REDUCE)
    assert (status, member["capital_weight_pct"]) == (200, "30")
    assert member["position_limit_usdt"] == "25000"


def a_pool_is_paused_with_the_documented_answer(paste):
    status, answer = paste(f"curl -X POST {AT}/v1/pools/BTCUSDT-PERP/pause")
    assert (status, answer) == (200, {"symbol": "BTCUSDT-PERP", "state": "PAUSED"})


def a_participant_is_suspended_and_comes_back(paste):
    status, answer = paste(f"curl -X POST {AT}/v1/participants/{{PARTICIPANT_ID}}/suspend")
    assert (status, answer["status"]) == (200, "SUSPENDED")
    status, answer = paste(f"curl -X POST {AT}/v1/participants/{{PARTICIPANT_ID}}/activate")
    assert (status, answer["status"]) == (200, "ACTIVE")


def everything_is_flattened_killed_reviewed_and_resumed(paste):
    for name, state in (("flatten", "PAUSED"), ("kill", "HALTED")):
        status, answer = paste(f"curl -X POST {AT}/v1/mm/emergency/{name}")
        assert (status, answer["pools"][0]["state"]) == (200, state)
    status, summary = paste(f"curl {AT}/v1/mm/status")
    reasons = {pool["symbol"]: pool["reason"] for pool in summary["pools"]}
    assert (status, reasons["BTCUSDT-PERP"]) == (200, "emergency kill")
    assert summary["shadow_mode"] is False
    status, answer = paste(f"curl -X POST {AT}/v1/pools/BTCUSDT-PERP/resume")
    assert (status, answer["state"]) == (200, "ACTIVE")


def records_are_read(paste):
    for path in (
        "mm-fills?participant_id={PARTICIPANT_ID}",
        "mm-fills/BTCUSDT-PERP?limit=100",
        "mm-fills/BTCUSDT-PERP/summary",
        "mm-orders/BTCUSDT-PERP/breakdown",
        "performance/leaderboard",
        "performance/symbol/BTCUSDT-PERP",
        "performance/{PARTICIPANT_ID}",
        "mm-analytics/overview",
        "mm-analytics/hourly",
        "mm-analytics/BTCUSDT-PERP/metrics",
        "settlements",
        "settlements/pending",
    ):
        status, _ = paste(f'curl "{AT}/v1/{path}"')
        assert status == 200, path


def a_member_and_a_participant_go(paste):
    status, member = paste(f"curl -X DELETE {AT}/v1/pools/BTCUSDT-PERP/members/{{PARTICIPANT_ID}}")
    assert (status, member["state"]) == (200, "REMOVED")
    status, answer = paste(f"curl -X POST {AT}/v1/participants/{{PARTICIPANT_ID}}/terminate")
    assert (status, answer["status"]) == (200, "TERMINATED")


def a_pool_is_deleted_with_the_documented_answer(paste):
    status, _ = paste(f"curl -X POST {AT}/v1/pools/XYZUSDT-PERP/pause")
    assert status == 200
    status, answer = paste(f"curl -X DELETE {AT}/v1/pools/XYZUSDT-PERP")
    assert (status, answer) == (200, {"symbol": "XYZUSDT-PERP", "deleted": True})


def health_is_asked_without_a_token(paste):
    status, health = paste(f"curl {AT}/health")
    assert (status, health["ready"], health["authentication"]) == (200, True, "off")


STEPS = (
    pool_is_added,
    a_participant_is_enrolled,
    a_participant_is_assigned,
    a_pool_is_enabled_with_the_documented_answer,
    config_and_weights_change_while_it_runs,
    a_pool_is_paused_with_the_documented_answer,
    a_participant_is_suspended_and_comes_back,
    everything_is_flattened_killed_reviewed_and_resumed,
    records_are_read,
    a_member_and_a_participant_go,
    a_pool_is_deleted_with_the_documented_answer,
    health_is_asked_without_a_token,
)


@pytest.mark.slow
def test_every_documented_command_works_as_it_stands(paste):
    for step in STEPS:
        step(paste)
