"""The running service on the wire: what a client library would never send, and many at once."""

import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.e2e.running import Running
from tests.unit.api.bodies import MEMBER, PARTICIPANT, POOL, SYMBOL, another_participant

pytestmark = pytest.mark.slow
PARALLEL = 20
FLOOD_MAX = 300


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Running(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="module")
def pool(service):
    made = service.call("POST", "/v1/pools", json=POOL)
    assert made.status_code == 201
    return f"/v1/pools/{SYMBOL}"


@pytest.fixture(scope="module")
def participant(service):
    name = service.call("POST", "/v1/participants", json=another_participant()).json()[
        "participant_id"
    ]
    assert service.call("POST", f"/v1/participants/{name}/activate").status_code == 200
    return name


@pytest.fixture(scope="module")
def quoting(service, pool, participant):
    """A pool that may quote."""
    member = MEMBER | {"participant_id": participant}
    assert service.call("POST", f"{pool}/members", json=member).status_code == 201
    return pool


def raw(service, content, patience_s=30):
    """Status, headers and body of whatever comes back for these bytes."""
    where = urlsplit(service.url)
    with socket.create_connection((where.hostname, where.port), patience_s) as connection:
        connection.sendall(content)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1"), body


def request(*lines):
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


RAW = {
    "no host": request("GET /v1/pools HTTP/1.1"),
    "two hosts": request("GET /v1/pools HTTP/1.1", "Host: a", "Host: b"),
    "no HTTP": b"hello\r\n\r\n",
    "two lengths": request(
        "POST /v1/mm/reset HTTP/1.1", "Host: a", "Content-Length: 2", "Content-Length: 3"
    ),
    "a length and chunks": request(
        "POST /v1/mm/reset HTTP/1.1",
        "Host: a",
        "Content-Length: 2",
        "Transfer-Encoding: chunked",
    ),
    "a line end in a header": request("GET /v1/pools HTTP/1.1", "Host: a", "X: a\rb"),
    "a header of a megabyte": request(
        "GET /v1/pools HTTP/1.1", "Host: a", f"Authorization: Bearer {'a' * 1_000_000}"
    ),
}


@pytest.mark.parametrize("content", RAW.values(), ids=RAW)
def test_no_ill_formed_request_is_answered_with_more_than_a_refusal(service, content):
    try:
        status, _, body = raw(service, content)
    except (ConnectionError, IndexError):
        status, body = 400, b""  # It hung up, which is a refusal too.
    assert 400 <= status < 500
    assert b"Traceback" not in body
    assert service.call("GET", "/health").status_code == 200


def test_a_body_that_does_not_arrive_is_not_waited_for(service):
    head = request(
        f"POST {'/v1/pools'} HTTP/1.1",
        f"Host: {urlsplit(service.url).netloc}",
        f"Authorization: Bearer {service.token()}",
        "Content-Type: application/json",
        "Content-Length: 100",
    )
    status, headers, body = raw(service, head + b'{"symbol"')
    assert status == 408
    assert json.loads(body)["type"] == "too-slow"
    assert "connection: close" in headers.lower()


def together(call, count=PARALLEL):
    """Statuses of `count` calls that start at the same moment."""
    barrier = threading.Barrier(count)

    def one(number):
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def test_of_many_updates_of_one_version_one_wins(service, pool):
    version = service.call("GET", pool).json()["version"]

    def update(number):
        body = POOL | {"gamma": f"0.{number + 1}", "version": version}
        return service.call("PUT", pool, json=body).status_code

    assert sorted(together(update)) == [200] + [409] * (PARALLEL - 1)
    assert service.call("GET", pool).json()["version"] == version + 1


def test_of_many_requests_with_one_key_one_takes_effect(service):
    headers = {"Idempotency-Key": "enroll-together"}
    body = PARTICIPANT | {"display_name": "Once"}

    def enroll(_):
        answer = service.call("POST", "/v1/participants", json=body, headers=headers)
        return answer.status_code

    statuses = together(enroll)
    assert set(statuses) <= {201, 409}
    listed = service.call("GET", "/v1/participants", params={"limit": "1000"}).json()["items"]
    assert [each["display_name"] for each in listed].count("Once") == 1


def test_many_additions_of_members_never_pass_a_hundred(service):
    assert service.call("POST", "/v1/pools", json=POOL | {"symbol": "ETHUSDT-PERP"}).is_success

    def enroll(_):
        name = service.call("POST", "/v1/participants", json=another_participant()).json()[
            "participant_id"
        ]
        service.call("POST", f"/v1/participants/{name}/activate")
        return name

    names = together(enroll)

    def add(number):
        member = MEMBER | {"participant_id": names[number], "capital_weight_pct": "7"}
        return service.call("POST", "/v1/pools/ETHUSDT-PERP/members", json=member).status_code

    assert sorted(together(add)) == [201] * 14 + [400] * 6


def test_a_pause_wins_over_resumes_that_overlap_with_it(service, quoting):
    assert service.call("POST", f"{quoting}/enable").status_code == 200

    def command(number):
        name = "pause" if number % 2 else "resume"
        return service.call("POST", f"{quoting}/{name}").status_code

    assert set(together(command)) <= {200, 409}
    assert service.call("POST", f"{quoting}/pause").status_code == 200
    assert service.call("GET", f"{quoting}/status").json()["state"] == "PAUSED"


def test_a_token_that_floods_still_stops(service, quoting):
    # It may run already: other tests of this module start it too.
    assert service.call("POST", f"{quoting}/enable").status_code in {200, 409}
    token = {"Authorization": f"Bearer {service.token()}"}

    def flood(_):
        # However slow the machine is: until it is too much.
        statuses = []
        while len(statuses) < FLOOD_MAX and 429 not in statuses:
            statuses.append(service.client.post("/v1/mm/reset", headers=token).status_code)
        return statuses

    statuses = [status for answers in together(flood) for status in answers]
    assert set(statuses) == {200, 429}
    killed = service.client.post("/v1/mm/emergency/kill", headers=token)
    assert killed.status_code == 200
    assert {each["state"] for each in killed.json()["pools"]} == {"HALTED"}
    denied = service.call("POST", f"{quoting}/resume", "operator")
    assert denied.status_code == 403, denied.text
    assert service.call("POST", f"{quoting}/enable").status_code == 409
    assert service.call("POST", f"{quoting}/resume", "risk").status_code == 200


def test_metrics_and_rest_are_on_ports_of_their_own(service):
    assert service.call("GET", "/metrics").status_code == 404


def test_a_trace_is_the_same_in_the_answer_and_in_the_audit_log(service, pool):
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    answer = service.call("PUT", pool, json=POOL, headers=headers)
    assert (answer.status_code, answer.headers["x-trace-id"]) == (200, trace)
    entry = service.call("GET", "/v1/audit", params={"limit": "1"}).json()["items"][0]
    assert (entry["trace_id"], entry["subject"]) == (trace, "e2e")


def test_no_answer_shows_what_the_service_is_made_of(service):
    for path in ("/", "/health", "/v1/pools"):
        _, head, _ = raw(service, request(f"GET {path} HTTP/1.1", "Host: localhost"))
        assert not re.search(r"uvicorn|starlette|python|fastapi", head, re.IGNORECASE)
