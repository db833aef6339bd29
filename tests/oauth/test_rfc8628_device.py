"""The device authorization grant (RFC 8628)."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from app.domain.clients.auth_methods import DEVICE_CODE
from app.domain.credentials.user_codes import LETTERS
from app.runtime.current import FETCHER
from app.services import maintenance
from tests.drivers.clock import Clock
from tests.drivers.device import GRANTS, Device, device_of, error_of
from tests.drivers.metadata_documents import fetcher
from tests.drivers.sites import answer, document, site
from tests.drivers.world import NATIVE_URI, Registered, World


@pytest.mark.rfc("8628", "3.2")
@pytest.mark.requirement("DV-01")
def test_a_device_is_told_its_codes_and_where_to_go(lone_box: Device) -> None:
    response = lone_box.ask()
    assert response.headers["Cache-Control"] == "no-store"
    body = response.get_json()
    assert re.fullmatch(r"mdtd_[0-9A-Za-z]{49}", body["device_code"])
    assert re.fullmatch(f"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", body["user_code"])
    assert body["verification_uri"] == "http://127.0.0.1:8000/device"
    assert body["verification_uri_complete"].endswith(f"/device?user_code={body['user_code']}")
    assert (body["expires_in"], body["interval"]) == (900, 5)


@pytest.mark.rfc("8628", "3.5")
@pytest.mark.requirement("DV-03")
def test_a_device_gets_tokens_after_the_same_consent(box: Device, clock: Clock) -> None:
    assert error_of(box.poll()) == (400, "authorization_pending")
    page = box.answer()
    assert "Go back to your device" in page.text
    assert "data-continue" not in page.text
    clock.forward(seconds=5)
    tokens = box.poll().get_json()
    assert tokens["scope"] == "api flows:edit"
    assert box.is_active(tokens["access_token"])
    assert box.refresh(tokens["refresh_token"]).status_code == 200
    assert [e.subject for e in box.world.audit("authorization.approved")]


@pytest.mark.rfc("8628", "5.4")
@pytest.mark.requirement("DV-10")
def test_the_page_shows_the_device_and_asks_whether_it_is_yours(lone_box: Device) -> None:
    lone_box.post("/oauth/device_authorization", {})
    code = lone_box.asked["user_code"]
    filled = lone_box.browser.get(f"/device?user_code={code}")
    assert f'value="{code}"' in filled.text
    assert "Does your device show this code?" in filled.text
    assert lone_box.world.execute("SELECT count(*) FROM authorization_requests") == [(0,)]
    page = lone_box.browser.get(lone_box.type().location)
    assert "Go on only if you are looking at this code on it right now." in page.text
    assert f"A device shows <code>{code}</code>" in page.text
    assert code in page.text
    assert "asked from <code>127.0.0.1</code>" in page.text
    assert "Box" in page.text
    assert "It sends you back" not in page.text


@pytest.mark.rfc("8628", "3.5")
def test_a_denied_device_is_told_so(lone_box: Device) -> None:
    assert "Not allowed" in lone_box.answer("deny").text
    assert error_of(lone_box.poll()) == (400, "access_denied")
    assert lone_box.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


@pytest.mark.rfc("8628", "3.5")
@pytest.mark.requirement("DV-04")
def test_who_polls_too_fast_is_slowed_down_for_good(box: Device, clock: Clock) -> None:
    def poll(after: float) -> str:
        clock.forward(seconds=after)
        return str(box.poll().get_json()["error"])

    assert poll(0) == "authorization_pending"
    assert poll(1) == "slow_down"
    assert poll(5) == "slow_down"  # the old interval
    assert poll(10) == "authorization_pending"
    assert poll(9) == "slow_down"
    assert poll(3) == "slow_down"
    assert poll(10) == "slow_down"
    assert poll(15) == "authorization_pending"
    assert box.world.execute("SELECT interval FROM device_codes ORDER BY polled_at IS NULL")[0] == (
        15,
    )


@pytest.mark.requirement("DV-02")
@pytest.mark.slow
def test_thirty_polls_at_once_bring_one_set_of_tokens(box: Device) -> None:
    for _ in range(5):
        box.ask()
        box.answer()
        answers: list[tuple[int, str]] = []
        ready = threading.Barrier(30)

        def poll(
            answers: list[tuple[int, str]] = answers, ready: threading.Barrier = ready
        ) -> None:
            ready.wait()
            response = box.poll()
            answers.append((response.status_code, response.get_json().get("error", "")))

        threads = [threading.Thread(target=poll) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [(200, ""), *[(400, "invalid_grant")] * 29]
    assert len(box.world.audit("session.started")) == 5
    assert error_of(box.poll()) == (400, "invalid_grant")


@pytest.mark.rfc("8628", "3.4")
@pytest.mark.requirement("DV-06")
def test_a_code_is_for_the_client_that_asked(lone_box: Device) -> None:
    other = device_of(lone_box.world, "Other")
    lone_box.answer()
    code = lone_box.asked["device_code"]
    assert error_of(other.poll(code)) == (400, "invalid_grant")
    assert other.poll(code).get_json() == other.poll("mdtd_made-up").get_json()
    assert lone_box.poll().status_code == 200


@pytest.mark.rfc("8628", "3.1")
@pytest.mark.requirement("DV-07")
def test_a_confidential_client_authenticates_at_both_endpoints(lone_world: World) -> None:
    device = device_of(lone_world, method="client_secret_basic")
    device.answer()
    bare = {"client_id": device.client.client_id}
    for path, fields in (
        ("/oauth/device_authorization", {}),
        ("/oauth/token", {"grant_type": DEVICE_CODE, "device_code": device.asked["device_code"]}),
    ):
        refused = device.http.post(path, data={**bare, **fields})
        assert error_of(refused) == (401, "invalid_client")
    assert device.poll().status_code == 200


def test_a_client_without_the_grant_may_neither_ask_nor_poll(lone_world: World) -> None:
    device = Device(lone_world, lone_world.native)
    assert error_of(device.ask()) == (400, "unauthorized_client")
    assert error_of(device.poll("mdtd_x")) == (400, "unauthorized_client")


def test_an_unknown_client_is_refused_as_everywhere(lone_world: World) -> None:
    device = Device(lone_world, Registered("nobody", None, "none", NATIVE_URI))
    assert error_of(device.ask()) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"resource": "https://unknown.example"}, "invalid_target"),
        ({"resource": "x"}, "invalid_target"),
        ({"scope": ["api", "mcp"]}, "invalid_request"),
        ({"scope": "a\x00"}, "invalid_request"),
    ],
)
def test_a_request_that_cannot_be_granted_is_refused_at_once(
    lone_box: Device, fields: dict[str, Any], error: str
) -> None:
    assert error_of(lone_box.ask(**fields)) == (400, error)


@pytest.mark.rfc("8707", "2.2")
def test_a_device_may_say_its_resource_twice(lone_box: Device) -> None:
    twice = ["http://127.0.0.1:8001/api", "http://127.0.0.1:8001/api/"]
    assert lone_box.ask(resource=twice).status_code == 200
    lone_box.answer()
    tokens = lone_box.poll(resource=twice).get_json()
    assert lone_box.is_active(tokens["access_token"])


def test_a_poll_without_code_or_with_two_is_refused(lone_box: Device) -> None:
    bare = lone_box.post("/oauth/token", {"grant_type": DEVICE_CODE})
    assert error_of(bare) == (400, "invalid_request")
    code = lone_box.asked["device_code"]
    assert error_of(
        lone_box.post("/oauth/token", {"grant_type": DEVICE_CODE, "device_code": [code, code]})
    ) == (400, "invalid_request")
    query = lone_box.http.post(
        f"/oauth/token?device_code={code}",
        data={"grant_type": DEVICE_CODE, "client_id": lone_box.client.client_id},
    )
    assert error_of(query) == (400, "invalid_request")


def test_the_token_is_for_the_resource_that_the_device_named(lone_world: World) -> None:
    device = device_of(lone_world)
    url = "http://127.0.0.1:8001/mcp/ledger"
    device.ask(scope="mcp", resource=url)
    page = device.browser.get(device.type().location)
    assert "Ledger" in page.text
    device.answer(capabilities=["mcp"], mcp_servers=["ledger"], **{"project-payments": "viewer"})
    assert error_of(device.poll(resource="http://127.0.0.1:8001/mcp/cms")) == (
        400,
        "invalid_target",
    )
    two = [url, "http://127.0.0.1:8001/api"]
    assert error_of(device.poll(resource=two)) == (400, "invalid_target")
    token = device.poll(resource=[url, url]).get_json()["access_token"]
    assert device.introspect(token, "mcp")["aud"] == url


def test_an_approval_that_was_revoked_brings_no_tokens(lone_box: Device) -> None:
    lone_box.answer()
    lone_box.world.execute("UPDATE authorizations SET revoked_at = created_at")
    assert error_of(lone_box.poll()) == (400, "invalid_grant")


def test_tokens_stop_with_a_disabled_client_and_codes_too(lone_box: Device) -> None:
    lone_box.world.disable_client(lone_box.client)
    assert lone_box.type().status_code == 404
    assert error_of(lone_box.poll()) == (401, "invalid_client")


@pytest.mark.slow
@pytest.mark.requirement("DV-17")
def test_a_flood_of_requests_is_limited_and_purged(lone_box: Device, clock: Clock) -> None:
    statuses = [lone_box.ask().status_code for _ in range(80)]
    assert statuses == [200] * 59 + [429] * 21
    clock.forward(days=2)
    assert lone_box.ask().status_code == 200
    assert lone_box.world.execute("SELECT count(*) FROM device_codes") == [(1,)]
    clock.forward(days=2)
    with lone_box.world.app.app_context():
        assert maintenance.clean_up(at=clock.at)["device_codes"] == 1


@pytest.mark.slow
@pytest.mark.requirement("DV-17")
def test_one_address_cannot_flood_with_many_clients(lone_world: World) -> None:
    statuses = []
    for number in range(4):
        device = device_of(lone_world, f"Box {number}")
        statuses += [device.ask().status_code for _ in range(50)]
    assert statuses.count(429) == 200 - 180 + 4


def test_a_device_of_a_tool_known_by_a_document_is_looked_up_again(
    lone_world: World, clock: Clock
) -> None:
    with site() as made:
        changes = {"grant_types": list(GRANTS)}
        made.handler = answer(document(made.url(), **changes))
        device = Device(
            lone_world, Registered(made.url(), None, "none", "http://127.0.0.1/callback")
        )
        lone_world.app.extensions[FETCHER] = fetcher()
        device.sign_in()
        assert error_of(device.ask()) == (401, "invalid_client")
        assert device.authorize().status_code == 303
        assert device.ask().status_code == 200
        clock.forward(minutes=6)
        made.handler = answer({}, status="404 X")
        assert device.type().status_code == 400
        made.handler = answer(document(made.url(), client_name="Renamed", **changes))
        assert "Renamed" in device.browser.get(device.type().location).text


@pytest.mark.requirement("DV-09")
def test_neither_code_is_stored_as_text(lone_box: Device) -> None:
    (row,) = lone_box.world.execute("SELECT * FROM device_codes")
    assert lone_box.asked["device_code"] not in str(row)
    assert lone_box.asked["user_code"] not in str(row)
    assert lone_box.asked["user_code"].replace("-", "") not in str(row)


def test_a_tool_that_registered_itself_may_use_the_grant(lone_world: World) -> None:
    body = {
        "client_name": "VS Code",
        "grant_types": [DEVICE_CODE],
        "response_types": [],
        "token_endpoint_auth_method": "none",
    }
    answer = lone_world.app.test_client().post("/oauth/register", json=body)
    assert answer.status_code == 201, answer.text
    device = Device(lone_world, Registered(answer.get_json()["client_id"], None, "none", ""))
    device.sign_in()
    device.ask()
    device.answer()
    tokens = device.poll().get_json()
    assert "refresh_token" not in tokens
    assert device.is_active(tokens["access_token"])
