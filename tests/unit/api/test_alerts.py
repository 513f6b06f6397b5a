"""Alerts over REST."""

import pytest

pytestmark = pytest.mark.anyio


async def test_alerts_are_listed_and_acknowledged_once(api):
    await api.application.alerts.step({"venue": "it does not answer"})
    (alert,) = (await api("GET", "/v1/alerts?state=OPEN")).json()["items"]
    assert (alert["kind"], alert["symbol"], alert["state"]) == ("dependency.venue", None, "OPEN")
    assert alert["title"]
    assert alert["what_to_do"]
    path = f"/v1/alerts/{alert['id']}/acknowledge"
    seen = await api("POST", path, "operator", json={"note": "calling them"})
    assert (seen.status_code, seen.json()["note"]) == (200, "calling them")
    assert seen.json()["state"] == "ACKNOWLEDGED"
    again = await api("POST", path, "risk", json={})
    assert (again.status_code, again.json()["field"]) == (409, "acknowledged_by")
    assert (await api("GET", "/v1/alerts?state=OPEN")).json()["items"] == []
    assert (await api("POST", "/v1/alerts/99/acknowledge", "risk")).status_code == 404


async def test_a_state_that_is_none_is_refused(api):
    answer = await api("GET", "/v1/alerts?state=CLOSED")
    assert (answer.status_code, answer.json()["field"]) == (422, "state")
