"""Section 12 of the procedure by REST, and everything that must not work."""

import asyncio

import pytest

from tests.unit.api.people import (
    ACME,
    BETA,
    COMMANDS,
    approved,
    as_person,
    ledger_kinds,
    move,
    one,
    run,
)
from tests.unit.api.trading import MARCH, MONTH, open_for_business, trade, traded_month

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]

HOUR_S = 3_600


@pytest.fixture
async def traded(store):
    await traded_month(store)


@pytest.mark.usefixtures("traded")
async def test_a_month_is_closed_once_and_its_records_say_how_every_amount_came_about(api):
    ran = await run(api)
    assert ran.status_code == 200, ran.text
    assert ran.json()["created"] == [ACME, BETA]
    again = (await run(api)).json()
    assert (again["created"], again["records"]) == ([], ran.json()["records"])
    record = await one(api)
    assert (
        record
        | {
            "month": MONTH,
            "status": "PENDING",
            "period_start": "2026-03-01T00:00:00.000000000Z",
            "period_end": "2026-04-01T00:00:00.000000000Z",
            "realised_usdt": "100.0000",
            "gross_pnl_usdt": "100.06",
            "platform_share_pct": "20",
            "platform_amount_usdt": "20.01",
            "net_payout_usdt": "80.05",
            "carry_in_usdt": "0",
            "direction": "PARTICIPANT_TO_PLATFORM",
            "amount_usdt": "20.01",
            "trades": 2,
            "wallet_txn_id": "",
            "transfers": [],
            "allowed": ["approve", "reject"],
        }
        == record
    )
    keeps_all = await one(api, BETA)
    assert (keeps_all["platform_amount_usdt"], keeps_all["net_payout_usdt"]) == ("0.00", "100.06")
    assert keeps_all["direction"] == "NONE"


@pytest.mark.usefixtures("traded")
async def test_lists_and_the_pending_queue_filter_and_page(api):
    await run(api)
    await move(api, "risk", "approve")

    async def ids(path="", **query):
        answer = await as_person(api, "risk", "GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return [row["settlement_id"] for row in answer.json()["items"]]

    assert sorted(await ids()) == [ACME, BETA]
    assert await ids("/pending") == [BETA]
    assert await ids(status="APPROVED") == [ACME]
    assert await ids(participant_id="beta", month=MONTH) == [BETA]
    assert await ids(month="2026-02") == []
    first = (await as_person(api, "risk", "GET", "", params={"limit": "1"})).json()
    rest = await ids(limit="1", cursor=first["next_cursor"])
    assert sorted([first["items"][0]["settlement_id"], *rest]) == [ACME, BETA]


@pytest.mark.usefixtures("traded")
async def test_from_approval_to_settled_by_hand(api):
    await approved(api)
    record = await one(api)
    assert (record["status"], record["approved_by"]) == ("APPROVED", "risk-person")
    assert record["allowed"] == ["pay", "mark-settled", "mark-failed"]
    paid = await move(api, "finance", "mark-settled", wallet_txn_id="txn-7", notes="by hand")
    assert paid.status_code == 200, paid.text
    after = paid.json()
    assert (after["status"], after["paid_by"]) == ("SETTLED", "finance-person")
    assert (after["wallet_txn_id"], after["notes"], after["allowed"]) == ("txn-7", "by hand", [])
    assert paid.headers["etag"] == f'"{after["version"]}"'


@pytest.mark.usefixtures("traded")
async def test_a_transfer_that_failed_is_marked_tried_again_and_settled(api):
    await approved(api)
    failed = (await move(api, "finance", "mark-failed", reason="account closed")).json()
    assert (failed["status"], failed["notes"]) == ("FAILED", "account closed")
    assert failed["allowed"] == ["retry"]
    again = (await move(api, "finance", "retry", notes="new account")).json()
    assert (again["status"], again["approved_by"]) == ("APPROVED", "risk-person")
    settled = await move(api, "finance", "mark-settled", wallet_txn_id="txn-8")
    assert settled.json()["status"] == "SETTLED"


@pytest.mark.usefixtures("traded")
async def test_what_was_rejected_stays_and_is_made_anew_only_when_asked(api):
    await run(api)
    rejected = await move(api, "risk", "reject", reason="odd fills", rejected_by="ops-jane")
    record = rejected.json()
    assert (record["status"], record["rejection_reason"]) == ("REJECTED", "odd fills")
    assert (record["rejected_by"], record["claimed_by"]) == ("risk-person", "ops-jane")
    assert record["allowed"] == ["recreate"]
    assert (await run(api)).json()["created"] == []
    made = await move(api, "admin", "recreate")
    assert made.status_code == 201, made.text
    assert made.json()["settlement_id"] == f"stl-{MONTH}-2-acme"
    assert made.json()["gross_pnl_usdt"] == record["gross_pnl_usdt"]
    assert (await one(api))["status"] == "REJECTED"
    twice = await move(api, "admin", "recreate")
    assert (twice.status_code, twice.json()["field"]) == (409, "month")


@pytest.mark.usefixtures("traded")
async def test_a_dry_run_shows_the_same_amounts_and_writes_nothing(api):
    dry = (await run(api, dry_run=True)).json()
    assert (await as_person(api, "risk", "GET", "")).json()["items"] == []
    real = (await run(api)).json()
    skipped = {"created_at"}
    shown = [{k: v for k, v in row.items() if k not in skipped} for row in dry["records"]]
    made = [{k: v for k, v in row.items() if k not in skipped} for row in real["records"]]
    assert shown == made
    one_only = (await run(api, dry_run=True, participant_id="beta")).json()
    assert [row["settlement_id"] for row in one_only["records"]] == [BETA]


@pytest.mark.usefixtures("traded")
async def test_a_month_under_way_is_shown_by_a_dry_run_alone(api):
    api.clock.sleep(HOUR_S * 1_000_000_000)
    refused = await run(api, month="2026-04")
    assert (refused.status_code, refused.json()["field"]) == (422, "month")
    assert "over" in refused.json()["allowed"]
    # March has to be closed before April can be made on top of it.
    await run(api)
    shown = await run(api, month="2026-04", dry_run=True)
    assert shown.status_code == 200, shown.text
    assert (await as_person(api, "risk", "GET", "", params={"month": "2026-04"})).json()[
        "items"
    ] == []


NONSENSE = [
    ({"month": "2026-05"}, 422, "month"),
    ({"month": "2026-05", "dry_run": True}, 422, "month"),
    ({"month": "2026-13"}, 422, "month"),
    ({"month": "March"}, 422, "month"),
    ({"month": ""}, 422, "month"),
    ({"month": 202603}, 422, "month"),
    ({"month": MONTH, "participant_id": "beta"}, 422, "participant_id"),
    ({"month": MONTH, "dry_run": "perhaps"}, 422, "dry_run"),
    ({"month": MONTH, "platform_share_pct": "101"}, 422, "platform_share_pct"),
]


@pytest.mark.parametrize(("body", "status", "field"), NONSENSE)
@pytest.mark.usefixtures("traded")
async def test_a_month_that_makes_no_sense_is_refused_and_nothing_is_made(api, body, status, field):
    answer = await run(api, **body)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert (await as_person(api, "risk", "GET", "")).json()["items"] == []
    assert await ledger_kinds(api) == {"FILL"}


@pytest.mark.usefixtures("traded")
async def test_an_unknown_participant_is_not_found(api):
    answer = await run(api, dry_run=True, participant_id="nobody")
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    for query in ({"participant_id": "nobody"}, {"month": "1999-01"}):
        assert (await as_person(api, "risk", "GET", "", params=query)).json()["items"] == []


@pytest.mark.usefixtures("traded")
async def test_a_share_above_a_hundred_is_refused_where_terms_are_made(api):
    for method, path in (("POST", "/v1/participants"), ("PUT", "/v1/participants/acme")):
        answer = await api(method, path, json={"revenue_share_pct": "100.5"})
        assert answer.status_code == 422
        flaws = {flaw["field"]: flaw["allowed"] for flaw in answer.json()["flaws"]}
        assert "0 to 100" in flaws["revenue_share_pct"]
    await run(api)
    assert (await one(api))["platform_share_pct"] == "20"


async def refused_here(api, allowed):
    """Every command that is not allowed is 409, names the state and what is, and moves nothing."""
    before = await one(api)
    for command, body in COMMANDS.items():
        if command in allowed:
            continue
        answer = await move(api, f"{command}-er/finance", command, **body)
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (409, "illegal-transition"), answer.text
        assert problem["state"] == before["status"]
        assert problem["command"] == command
        assert problem["allowed"] == allowed
    assert await one(api) == before


@pytest.mark.usefixtures("traded")
async def test_in_every_state_all_else_is_refused_with_what_is_allowed(api):
    await run(api)
    await refused_here(api, ["approve", "reject"])
    await move(api, "risk", "approve")
    await refused_here(api, ["pay", "mark-settled", "mark-failed"])
    await move(api, "finance", "mark-failed", reason="no")
    await refused_here(api, ["retry"])
    await move(api, "finance", "retry")
    await move(api, "finance", "mark-settled", wallet_txn_id="txn-9")
    await refused_here(api, [])


@pytest.mark.usefixtures("traded")
async def test_who_made_a_record_does_not_approve_it_and_who_approved_does_not_pay(api):
    await run(api, "ann/finance")
    own = await move(api, "ann/finance", "approve")
    assert (own.status_code, own.json()["field"]) == (409, "approved_by")
    assert own.json()["current"] == "ann"
    assert (await move(api, "bob/finance", "approve")).status_code == 200
    for command, body in (("pay", {}), ("mark-settled", {"wallet_txn_id": "t"})):
        same = await move(api, "bob/finance", command, **body)
        assert (same.status_code, same.json()["field"]) == (409, "paid_by"), same.text
    assert (await one(api))["status"] == "APPROVED"
    assert (await move(api, "ann/finance", "mark-settled", wallet_txn_id="t")).status_code == 200


@pytest.mark.usefixtures("traded")
async def test_reasons_and_transaction_ids_are_needed_and_read_strictly(api):
    await run(api)
    for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": 7}, {"reason": "a\nb"}):
        answer = await move(api, "risk", "reject", **body)
        assert (answer.status_code, answer.json()["field"]) == (422, "reason"), body
    odd = await move(api, "risk", "approve", approved_by="a", status="SETTLED")
    assert (odd.status_code, odd.json()["field"]) == (422, "status")
    await move(api, "risk", "approve")
    for body in ({}, {"wallet_txn_id": ""}, {"wallet_txn_id": " "}):
        answer = await move(api, "finance", "mark-settled", **body)
        assert (answer.status_code, answer.json()["field"]) == (422, "wallet_txn_id"), body
    empty = await move(api, "finance", "mark-failed")
    assert (empty.status_code, empty.json()["field"]) == (422, "reason")
    assert (await one(api))["status"] == "APPROVED"


@pytest.mark.usefixtures("traded")
async def test_a_settlement_that_is_not_there_is_not_found(api):
    for command, body in COMMANDS.items():
        answer = await move(api, "finance", command, "stl-2026-03-1-nobody", **body)
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found"), command
    assert (await as_person(api, "risk", "GET", "/stl-2026-03-9-acme")).status_code == 404


async def test_months_are_closed_in_order(api, store):
    await open_for_business(store)
    february = MARCH - 28 * 24 * HOUR_S * 1_000_000_000
    await trade(store, month_start=february, names=("acme",))
    await trade(store, first=101)
    early = await run(api)
    assert (early.status_code, early.json()["field"]) == (409, "month")
    assert (await run(api, month="2026-02")).status_code == 200
    assert (await run(api)).status_code == 200


@pytest.mark.usefixtures("traded")
async def test_every_move_and_every_refusal_is_in_the_audit_log(api):
    await run(api)
    await move(api, "risk", "reject")
    await move(api, "risk", "approve", approved_by="ops-jane")
    await move(api, "risk", "approve")
    await move(api, "viewer", "approve")
    entries = (await api("GET", "/v1/audit", params={"target": ACME})).json()["items"]
    told = [(row["subject"], row["action"], row["result"] == "done") for row in entries]
    assert told == [
        ("risk-person", "settlement.approve", False),
        ("risk-person", "settlement.approve", True),
        ("admin-person", "settlement.create", True),
    ]


@pytest.mark.usefixtures("traded")
async def test_of_many_who_close_approve_and_reject_at_once_each_thing_happens_once(api):
    closed = await asyncio.gather(*(run(api, f"a{n}/admin") for n in range(5)))
    made = sorted(name for answer in closed for name in answer.json()["created"])
    assert made == [ACME, BETA]
    approvals = (move(api, f"r{n}/risk", "approve") for n in range(4))
    rejections = (move(api, f"s{n}/risk", "reject", reason="why") for n in range(4))
    answers = await asyncio.gather(*approvals, *rejections)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    done = next(answer for answer in answers if answer.status_code == 200).json()["status"]
    assert (await one(api))["status"] == done
