"""People of the documents at the settlements' application: each role is another person."""

from decimal import Decimal

from market_maker.model.records import LedgerCriteria
from tests.unit.api.issuing import token
from tests.unit.api.trading import MONTH

ACME, BETA = f"stl-{MONTH}-1-acme", f"stl-{MONTH}-1-beta"

COMMANDS = {
    "approve": {},
    "reject": {"reason": "why"},
    "pay": {},
    "mark-settled": {"wallet_txn_id": "txn-1"},
    "mark-failed": {"reason": "why"},
    "retry": {},
    "recreate": {},
}


async def as_person(api, who, method, path, **more):
    """who: a role, or subject and role; each role is another person."""
    subject, _, role = who.rpartition("/")
    given = token(roles=[role], sub=subject or f"{role}-person")
    headers = {"Authorization": f"Bearer {given}"}
    return await api.client.request(method, f"/v1/settlements{path}", headers=headers, **more)


async def run(api, who="admin", **body):
    return await as_person(api, who, "POST", "/run", json={"month": MONTH} | body)


async def move(api, who, command, settlement_id=ACME, **body):
    return await as_person(api, who, "POST", f"/{settlement_id}/{command}", json=body)


async def one(api, settlement_id=ACME):
    return (await as_person(api, "finance", "GET", f"/{settlement_id}")).json()


async def approved(api):
    await run(api)
    assert (await move(api, "risk", "approve")).status_code == 200


async def ledger_kinds(api):
    async with api.store.reading() as unit:
        entries = (await unit.ledger.page(LedgerCriteria(), 1_000)).items
    assert sum((entry.imbalance for entry in entries), Decimal(0)) == 0
    return {entry.kind.value for entry in entries}
