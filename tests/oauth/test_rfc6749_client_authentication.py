"""Client authentication: RFC 6749 section 2.3, and guessing of secrets."""

from __future__ import annotations

import time
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.domain.clients.auth_methods import DEVICE_CODE, USUAL_GRANT_TYPES
from tests.drivers.assertions import EC_KEY, public, registered
from tests.drivers.client_authentication import ENDPOINTS, basic
from tests.drivers.tool import Tool, refusal
from tests.drivers.world import NATIVE_URI, WEB_URI, Registered, World


def is_unauthenticated(response: TestResponse) -> bool:
    return (
        response.status_code == 401
        and response.get_json()
        == {"error": "invalid_client", "error_description": "Client authentication failed."}
        and response.headers["WWW-Authenticate"].startswith("Basic realm=")
        and response.headers["Cache-Control"] == "no-store"
    )


@pytest.mark.rfc("6749", "2.3")
@pytest.mark.requirement("TE-05")
def test_one_authentication_at_a_time(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.web)
    code, client = tool.code(), tool.client
    twice = tool.redeem(code, client_id=client.client_id, client_secret=client.secret)
    assert refusal(twice) == "invalid_request"
    assertion = tool.redeem(code, client_assertion="x", client_assertion_type="y")
    assert refusal(assertion) == "invalid_request"
    assert refusal(tool.redeem(code, client_id=lone_world.spa.client_id)) == "invalid_request"
    assert tool.redeem(code, client_id=client.client_id).status_code == 200, (
        "the same id may stand twice"
    )


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.requirement("TE-06", "TE-07", "TE-08", "TE-09", "TE-10", "IN-01", "RV-06")
@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_failed_authentication_always_looks_the_same(lone_world: World, path: str) -> None:
    http = lone_world.app.test_client()
    web, post, native = lone_world.web, lone_world.post, lone_world.native
    assert web.secret
    fields = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    tries: list[dict[str, Any]] = [
        {"headers": basic(web.client_id, "wrong")},
        {"headers": basic("unknown", web.secret)},
        {"headers": basic("unknown", "é")},
        {"headers": basic(native.client_id, "anything")},
        {"headers": basic(web.client_id, "")},
        {"headers": basic("unknown", "")},
        {"headers": basic("", "")},
        {"headers": basic(b"\xff\xfe", b"\xff")},
        {"headers": {"Authorization": "Basic ????"}},
        {"headers": {"Authorization": "Basic"}},
        {"headers": {"Authorization": "Bearer abc"}},
        {"data": {"client_id": web.client_id, "client_secret": "wrong"}},
        {"data": {"client_id": web.client_id, "client_secret": ""}},
        {"data": {"client_id": post.client_id, "client_secret": "wrong é"}},
        {"data": {"client_id": native.client_id, "client_secret": "x"}},
        {"data": {"client_id": web.client_id}},
        {"data": {"client_id": "unknown"}},
        {"data": {"client_id": 'é"\\'}},
        {"data": {}},
    ]
    for attempt in tries:
        data = {**fields, **attempt.get("data", {})}
        response = http.post(path, data=data, headers=attempt.get("headers"))
        assert is_unauthenticated(response), (attempt, response.text)


FORMS = {
    "/oauth/token": {"grant_type": "refresh_token", "refresh_token": "x"},
    "/oauth/revoke": {"token": "x"},
    "/oauth/device_authorization": {"scope": "api"},
}


def outcome(response: TestResponse) -> str:
    """Return the error of an answer; empty for a good one."""
    return str(response.get_json().get("error", ""))


@pytest.mark.rfc("6749", "2.3.1")
@pytest.mark.requirement("TE-10")
@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("named", ["client_secret_basic", "client_secret_post"])
def test_a_secret_comes_in_the_header_or_in_the_body(
    lone_world: World, named: str, path: str
) -> None:
    grants = (*USUAL_GRANT_TYPES, DEVICE_CODE)
    client = lone_world.add_client("Reports", WEB_URI, named, grant_types=grants)
    http = lone_world.app.test_client()
    pair = {"client_id": client.client_id, "client_secret": client.secret}
    in_header = basic(client.client_id, client.secret or "")
    expected = "invalid_grant" if path == "/oauth/token" else ""
    assert outcome(http.post(path, data=FORMS[path], headers=in_header)) == expected
    assert outcome(http.post(path, data={**FORMS[path], **pair})) == expected
    both = http.post(path, data={**FORMS[path], **pair}, headers=in_header)
    assert outcome(both) == "invalid_request", "once is enough"


@pytest.mark.rfc("6749", "3.2.1")
@pytest.mark.parametrize("path", FORMS)
def test_the_empty_secret_of_a_public_client_is_none(lone_world: World, path: str) -> None:
    client = lone_world.add_client(
        "Box", NATIVE_URI, "none", grant_types=(*USUAL_GRANT_TYPES, DEVICE_CODE)
    )
    http, name = lone_world.app.test_client(), client.client_id
    expected = "invalid_grant" if path == "/oauth/token" else ""
    empty: list[dict[str, Any]] = [
        {"headers": basic(name, "")},
        {"headers": basic(name, ""), "data": {"client_id": name}},
        {"headers": basic(name, ""), "data": {"client_id": name, "client_secret": ""}},
        {"data": {"client_id": name, "client_secret": ""}},
    ]
    for attempt in empty:
        data = {**FORMS[path], **attempt.get("data", {})}
        assert outcome(http.post(path, data=data, headers=attempt.get("headers"))) == expected
    other = {**FORMS[path], "client_id": lone_world.spa.client_id}
    assert outcome(http.post(path, data=other, headers=basic(name, ""))) == "invalid_request"


@pytest.mark.rfc("7523", "3")
@pytest.mark.requirement("TE-10")
def test_a_client_with_a_key_is_not_known_by_its_name(lone_world: World) -> None:
    name = registered(lone_world, jwks={"keys": [public(EC_KEY)]}).client.client_id
    http = lone_world.app.test_client()
    for attempt in ({"headers": basic(name, "")}, {"data": {"client_id": name}}):
        data = {"token": "x", **attempt.get("data", {})}
        assert is_unauthenticated(
            http.post("/oauth/revoke", data=data, headers=attempt.get("headers"))
        )


@pytest.mark.rfc("7523", "3")
def test_a_client_with_a_key_is_told_too_that_it_is_no_resource_server(lone_world: World) -> None:
    signer = registered(lone_world, jwks={"keys": [public(EC_KEY)]})
    for assertion, expected in (
        (signer.assertion(), (403, "unauthorized_client")),
        (signer.assertion(aud="https://elsewhere.example"), (401, "invalid_client")),
    ):
        answer = signer.post("/oauth/introspect", {"token": "x", "assertion": assertion})
        assert (answer.status_code, answer.get_json()["error"]) == expected


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/device_authorization"])
def test_a_resource_server_is_no_client_and_is_told_so(lone_world: World, path: str) -> None:
    http = lone_world.app.test_client()
    fields = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    pair = {"client_id": "api", "client_secret": lone_world.secrets["api"]}
    for answer in (
        http.post(path, data=fields, auth=("api", pair["client_secret"])),
        http.post(path, data={**fields, **pair}),
    ):
        assert refusal(answer) == "unauthorized_client"
        assert "credentials of a resource server" in answer.get_json()["error_description"]
    wrong = http.post(path, data=fields, auth=("api", "wrong"))
    assert (wrong.status_code, wrong.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.requirement("TE-08")
def test_an_unknown_client_takes_as_long_as_a_wrong_secret(lone_world: World) -> None:
    http = lone_world.app.test_client()

    def median(name: str) -> float:
        spans = []
        for number in range(25):
            start = time.process_time()
            http.post("/oauth/revoke", data={"token": "x"}, headers=basic(name, f"wrong{number}"))
            spans.append(time.process_time() - start)
        return sorted(spans)[len(spans) // 2]

    known, unknown = median(lone_world.web.client_id), median("unknown")
    assert 0.4 < known / unknown < 2.5


@pytest.mark.rfc("6749", "2.3.1")
@pytest.mark.requirement("TE-19")
def test_guessing_a_secret_is_limited_per_client_and_address(lone_world: World) -> None:
    http = lone_world.app.test_client()
    web, other = lone_world.web, lone_world.post

    def guess(client: Registered, address: str = "10.0.0.1", secret: str = "wrong") -> TestResponse:
        return http.post(
            "/oauth/revoke",
            data={"token": "x"},
            headers=basic(client.client_id, secret),
            environ_overrides={"REMOTE_ADDR": address},
        )

    for _ in range(30):
        assert guess(web).status_code == 401
    limited = guess(web)
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["Retry-After"]) <= 61
    assert guess(other).status_code == 401, "another client is not touched"
    assert guess(web, "10.0.0.2", web.secret or "").status_code == 200
    lone_world.clock.forward(seconds=61)
    assert guess(web).status_code == 401


@pytest.mark.requirement("TE-19")
def test_guessing_is_limited_whatever_the_spelling_of_the_client(lone_world: World) -> None:
    http = lone_world.app.test_client()
    name = lone_world.web.client_id
    spelt = [name, "".join(f"%{ord(c):02x}" for c in name), name[:-1] + f"%{ord(name[-1]):02X}"]
    statuses = [
        http.post(
            "/oauth/revoke", data={"token": "x"}, headers=basic(spelt[n % 3], "wrong")
        ).status_code
        for n in range(31)
    ]
    assert statuses == [401] * 30 + [429]


@pytest.mark.slow
@pytest.mark.requirement("TE-19")
def test_made_up_clients_do_not_fill_the_table(lone_world: World) -> None:
    http = lone_world.app.test_client()
    for n in range(310):
        http.post("/oauth/revoke", data={"token": "x", "client_id": f"made-up-{n}"})
    assert lone_world.execute("SELECT count(*) FROM failure_counts") == [(301,)]


def test_a_header_that_is_no_text_is_an_ordinary_refusal(lone_world: World) -> None:
    environ = {"HTTP_AUTHORIZATION": "Basic YXBp\xff", "CONTENT_LENGTH": "\xb2"}
    for path in ENDPOINTS:
        response = lone_world.app.test_client().post(
            path,
            data={"token": "x"},
            environ_overrides={"HTTP_AUTHORIZATION": environ["HTTP_AUTHORIZATION"]},
        )
        assert response.status_code in (400, 401)
