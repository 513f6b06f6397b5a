import asyncio

import pytest

from tests.unit.api.bodies import MEMBER, POOL, SYMBOL, another_participant

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]
MEMBERS = f"/v1/pools/{SYMBOL}/members"


async def enroll(api):
    made = await api("POST", "/v1/participants", json=another_participant())
    assert made.status_code == 201
    name = made.json()["participant_id"]
    assert (await api("POST", f"/v1/participants/{name}/activate")).status_code == 200
    return name


async def add(api, name, **changes):
    return await api("POST", MEMBERS, json=MEMBER | {"participant_id": name} | changes)


@pytest.fixture
async def acme(api):
    assert (await api("POST", "/v1/pools", json=POOL)).status_code == 201
    return await enroll(api)


async def test_a_member_is_added_and_listed(api, acme):
    made = await add(api, acme)
    assert made.status_code == 201
    assert (MEMBER | {"participant_id": acme, "state": "ACTIVE"}).items() <= made.json().items()
    page = {"items": [made.json()], "next_cursor": None, "total": 1}
    assert (await api("GET", MEMBERS)).json() == page
    assert (await api("GET", f"/v1/participants/{acme}/memberships")).json()["items"] == [
        made.json()
    ]


async def test_weights_beyond_a_hundred_are_the_documented_400(api, acme):
    await add(api, acme, capital_weight_pct="60")
    other = await enroll(api)
    answer = await add(api, other, capital_weight_pct="40.1")
    problem = answer.json()
    assert answer.status_code == 400
    assert problem["title"] == problem["detail"] == "Total capital weight would exceed 100%"
    assert problem["field"] == "capital_weight_pct"
    added = await add(api, other, capital_weight_pct="40")
    assert added.status_code == 201
    changed = await api("PUT", f"{MEMBERS}/{other}", json={"capital_weight_pct": "40.000000000001"})
    assert changed.status_code == 400


async def test_a_partial_body_changes_one_field(api, acme):
    await add(api, acme)
    changed = await api("PUT", f"{MEMBERS}/{acme}", json={"capital_weight_pct": "30"})
    assert changed.status_code == 200
    expected = MEMBER | {"capital_weight_pct": "30"}
    assert expected.items() <= changed.json().items()


async def test_the_command_of_the_documents_that_names_no_content_type_works(api, acme):
    await add(api, acme)
    changed = await api(
        "PUT",
        f"{MEMBERS}/{acme}",
        content=b'{"capital_weight_pct": "30"}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (changed.status_code, changed.json()["capital_weight_pct"]) == (200, "30")


async def test_a_lost_update_of_a_member_is_409(api, acme):
    await add(api, acme)
    path, body = f"{MEMBERS}/{acme}", {"capital_weight_pct": "30"}
    assert (await api("PUT", path, json=body | {"version": 1})).status_code == 200
    lost = await api("PUT", path, json=body, headers={"If-Match": '"1"'})
    assert (lost.status_code, lost.json()["current"]) == (409, 2)


async def test_a_removed_member_stays_for_its_history_only(api, acme):
    await add(api, acme)
    for _ in range(2):
        removed = await api("DELETE", f"{MEMBERS}/{acme}")
        assert (removed.status_code, removed.json()["state"]) == (200, "REMOVED")
    assert (await api("GET", MEMBERS)).json()["items"] == []
    shown = (await api("GET", MEMBERS, params={"state": "REMOVED"})).json()["items"]
    assert [member["participant_id"] for member in shown] == [acme]


async def test_who_is_pending_unknown_or_there_already_does_not_join(api, acme):
    pending = (await api("POST", "/v1/participants", json=another_participant())).json()[
        "participant_id"
    ]
    assert (await add(api, pending)).status_code == 409
    assert (await add(api, "nobody")).status_code == 404
    assert (await add(api, acme)).status_code == 201
    again = await add(api, acme)
    assert (again.status_code, again.json()["field"]) == (409, "participant_id")


@pytest.mark.parametrize(
    "changes",
    [
        {"position_limit_usdt": "50001"},
        {"capital_weight_pct": "0"},
        {"capital_weight_pct": "100.0000001"},
        {"max_loss_usdt": "-1"},
        {"max_loss_usdt": True},
        {"capital_weight_pct": None},
        {"state": "ACTIVE"},
    ],
)
async def test_a_member_that_does_not_fit_is_not_added(api, acme, changes):
    (field,) = changes
    answer = await add(api, acme, **changes)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await api("GET", MEMBERS)).json()["items"] == []


async def test_parallel_additions_never_pass_a_hundred(api, acme):
    names = [acme, *[await enroll(api) for _ in range(9)]]
    answers = await asyncio.gather(*[add(api, name, capital_weight_pct="15") for name in names])
    assert sorted(answer.status_code for answer in answers) == [201] * 6 + [400] * 4


async def test_members_come_in_pages(api, acme):
    names = sorted([acme, *[await enroll(api) for _ in range(4)]])
    for name in names:
        await add(api, name, capital_weight_pct="10")
    first = (await api("GET", MEMBERS, params={"limit": "3"})).json()
    second = (await api("GET", MEMBERS, params={"cursor": first["next_cursor"]})).json()
    seen = [member["participant_id"] for member in first["items"] + second["items"]]
    assert (seen, second["next_cursor"]) == (names, None)
