import pytest

from tests.unit.api.bodies import PARTICIPANT, another_participant

pytestmark = pytest.mark.anyio
PATH = "/v1/participants"


@pytest.fixture
async def acme(api):
    made = await api("POST", PATH, json=PARTICIPANT)
    assert made.status_code == 201
    return made.json()


async def command(api, acme, name):
    answer = await api("POST", f"{PATH}/{acme['participant_id']}/{name}")
    return answer.status_code, answer.json().get("status")


async def test_a_participant_is_enrolled_pending(api, acme):
    assert (PARTICIPANT | {"status": "PENDING", "version": 1}).items() <= acme.items()
    assert (await api("GET", f"{PATH}/{acme['participant_id']}")).json() == acme


async def test_a_participant_goes_its_way_and_repetition_changes_nothing(api, acme):
    way = [
        ("activate", (200, "ACTIVE")),
        ("activate", (200, "ACTIVE")),
        ("suspend", (200, "SUSPENDED")),
        ("suspend", (200, "SUSPENDED")),
        ("activate", (200, "ACTIVE")),
        ("terminate", (200, "TERMINATED")),
        ("terminate", (200, "TERMINATED")),
    ]
    assert [await command(api, acme, name) for name, _ in way] == [answer for _, answer in way]


async def test_nothing_brings_a_terminated_participant_back(api, acme):
    await command(api, acme, "terminate")
    answer = await api("POST", f"{PATH}/{acme['participant_id']}/activate")
    problem = answer.json()
    assert (answer.status_code, problem["state"], problem["command"]) == (
        409,
        "TERMINATED",
        "activate",
    )


async def test_terms_change_one_by_one_and_identity_never(api, acme):
    path = f"{PATH}/{acme['participant_id']}"
    changed = (await api("PUT", path, json={"tier": "TIER_2", "revenue_share_pct": 15})).json()
    assert (changed["tier"], changed["revenue_share_pct"]) == ("TIER_2", "15")
    assert (changed["display_name"], changed["version"]) == ("Acme Trading Desk", 2)
    for field in ("user_id", "account_id", "status", "participant_id", "enrolled_by"):
        refused = await api("PUT", path, json={field: "x"})
        assert (refused.status_code, refused.json()["field"]) == (422, field)


NO_ENROLMENTS = [
    ("user_id", "a b"),
    ("user_id", ""),
    ("account_id", "x" * 65),
    ("display_name", ""),
    ("display_name", "a\nb"),
    *(("display_name", f"Ac{sign}me") for sign in "\u061c\u200b\u200e\u202e\u2060\u2066\ufeff"),
    ("initial_margin_usdt", "-1"),
    ("max_drawdown_pct", "0"),
    ("max_drawdown_pct", "100.1"),
    ("revenue_share_pct", "101"),
    ("revenue_model", "KEEP_SOME"),
    ("revenue_model", "keep_all"),
    ("tier", 1),
    ("tier", "TIER_4"),
    ("notes", "x" * 1_001),
    ("status", "ACTIVE"),
]


async def test_an_enrolment_is_checked_field_by_field(api):
    for field, value in NO_ENROLMENTS:
        answer = await api("POST", PATH, json=PARTICIPANT | {field: value})
        assert (answer.status_code, answer.json()["field"]) == (422, field), value
    assert (await api("GET", PATH)).json()["items"] == []


async def test_participants_are_filtered_by_status(api, acme):
    await api("POST", PATH, json=another_participant())
    await command(api, acme, "activate")
    active = (await api("GET", PATH, params={"status": "ACTIVE"})).json()["items"]
    assert [each["participant_id"] for each in active] == [acme["participant_id"]]


async def test_a_viewer_sees_the_ends_of_identities_only(api, acme):
    path = f"{PATH}/{acme['participant_id']}"
    for seen in (
        (await api("GET", path, "viewer")).json(),
        (await api("GET", PATH, "viewer")).json()["items"][0],
    ):
        assert (seen["user_id"], seen["account_id"], seen["notes"]) == ("…0001", "…0002", "")
        assert seen["display_name"] == acme["display_name"]
    assert (await api("GET", path, "finance")).json() == acme


async def test_the_same_key_and_request_give_the_first_answer_again(api):
    headers = {"Idempotency-Key": "enroll-1"}
    first = await api("POST", PATH, json=PARTICIPANT, headers=headers)
    again = await api("POST", PATH, json=dict(reversed(list(PARTICIPANT.items()))), headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await api("GET", PATH)).json()["items"]) == 1


async def test_the_same_key_for_another_request_is_422(api):
    headers = {"Idempotency-Key": "enroll-1"}
    await api("POST", PATH, json=PARTICIPANT, headers=headers)
    other = await api("POST", PATH, json=PARTICIPANT | {"tier": "TIER_2"}, headers=headers)
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")


async def test_a_refused_request_leaves_its_key_free(api):
    headers = {"Idempotency-Key": "enroll-1"}
    member = {
        "participant_id": "nobody",
        "capital_weight_pct": "1",
        "position_limit_usdt": "1",
        "max_loss_usdt": "1",
    }
    path = "/v1/pools/XYZUSDT-PERP/members"
    for _ in range(2):
        assert (await api("POST", path, json=member, headers=headers)).status_code == 404
    made = await api("POST", PATH, json=PARTICIPANT, headers=headers)
    assert made.status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 129])
async def test_a_key_is_printable_and_short(api, key):
    headers = {"Idempotency-Key": key.encode()}
    answer = await api("POST", PATH, json=PARTICIPANT, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


@pytest.mark.usefixtures("acme")
async def test_an_account_is_enrolled_once(api):
    again = await api("POST", PATH, json=PARTICIPANT | {"display_name": "Twin"})
    problem = again.json()
    assert (again.status_code, problem["field"]) == (409, "account_id")
    assert "an account is enrolled once" in problem["detail"]
    assert len((await api("GET", PATH)).json()["items"]) == 1


async def test_the_account_of_a_terminated_participant_is_free(api, acme):
    await command(api, acme, "terminate")
    assert (await api("POST", PATH, json=PARTICIPANT)).status_code == 201
