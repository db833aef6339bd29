"""What an API key can never do, and who can never make one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drivers.owner import LIST, USUAL, Owner
from tests.drivers.tool import Browser
from tests.drivers.world import PASSWORD


@pytest.mark.requirement("AK-02", "UI-24")
def test_an_old_sign_in_makes_no_key_without_the_password(owner: Owner) -> None:
    owner.world.clock.forward(minutes=11)
    assert 'name="password"' in owner.browser.get(f"{LIST}/new").text
    refused = owner.post(**USUAL)
    assert refused.status_code == 401
    assert "Nightly deploy" in refused.text, "what was typed is kept"
    assert owner.post(**USUAL, password="wrong password").status_code == 401
    assert owner.world.execute("SELECT count(*) FROM api_keys") == [(0,)]
    key = owner.make(password=PASSWORD.format("ben"))
    assert 'name="password"' not in owner.browser.get(f"{LIST}/new").text, "it is recent again"
    owner.world.clock.forward(minutes=11)
    address = owner.address(key)
    assert owner.submit(f"{address}/rotate", overlap="0").status_code == 401
    assert owner.tool.is_active(key)
    owner.rotate(address, overlap="0", password=PASSWORD.format("ben"))
    assert not owner.tool.is_active(key)


@pytest.mark.requirement("AK-02")
def test_without_the_csrf_field_no_key_is_made(lone_owner: Owner) -> None:
    assert lone_owner.browser.http.post(f"{LIST}/new", data=USUAL).status_code == 403
    assert lone_owner.world.execute("SELECT count(*) FROM api_keys") == [(0,)]


@pytest.mark.requirement("AK-01")
def test_a_key_is_made_only_for_oneself(lone_owner: Owner) -> None:
    (cleo,) = lone_owner.world.execute("SELECT id FROM users WHERE username = 'cleo'")
    more = {
        "user_id": cleo[0],
        "userId": cleo[0],
        "owner": "cleo",
        "sub": cleo[0],
        "version": "99",
        "kind": "oauth2",
    }
    found = lone_owner.tool.introspect(lone_owner.make(**more))
    assert found["username"] == "ben@example.org"
    assert (found["authorization_version"], found["token_use"]) == (1, "api_key")
    nobody = Browser(lone_owner.world)
    assert nobody.submit(nobody.get("/login"), f"{LIST}/new", **USUAL, **more).status_code == 303
    assert lone_owner.world.execute("SELECT count(*) FROM api_keys") == [(1,)]


@pytest.mark.requirement("UI-09")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"capabilities": ["api", "apps:admin", "nope"]}, "no such capability"),
        ({"project-payments": "admin"}, "beyond your own role"),
        ({"project-sandbox": "viewer"}, "not one of yours"),
        ({"mcp_servers": ["play"]}, "not among those"),
        ({"expires_in": "keep"}, "no end to keep"),
        ({"expires_in": "0"}, "future"),
        ({"expires_in": "9" * 11}, "whole number"),
        ({"capabilities": []}, "Choose what it may do."),
        ({"name": "x" * 201}, "at most 200"),
    ],
)
def test_a_choice_outside_the_offer_makes_no_key(
    lone_owner: Owner, fields: dict[str, Any], words: str
) -> None:
    refused = lone_owner.post(**{**USUAL, **fields})
    assert refused.status_code == 422
    assert words in refused.text
    assert lone_owner.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


def test_a_refused_choice_is_audited(lone_owner: Owner) -> None:
    lone_owner.post(**{**USUAL, "mcp_servers": ["play"]})
    assert lone_owner.world.audit("authorization.choice_refused")[0].subject == "api_key"


@pytest.mark.requirement("AK-08", "AT-05")
def test_a_key_in_the_query_is_ignored(lone_owner: Owner) -> None:
    key = lone_owner.make()
    http = lone_owner.world.app.test_client()
    for name in ("api_key", "access_token", "token"):
        answer = http.get(f"{LIST}?{name}={key}")
        assert answer.status_code == 303
        assert answer.location.startswith("/login")
    asked = http.post(
        f"/oauth/introspect?token={key}", auth=("api", lone_owner.world.secrets["api"])
    )
    assert asked.status_code == 400


PAGES = [
    ("GET", LIST),
    ("GET", f"{LIST}/new"),
    ("POST", f"{LIST}/new"),
    ("GET", "/settings/authorizations/oauth2"),
    ("GET", "/settings/account"),
    ("POST", "/settings/account/password"),
    ("GET", "/consent/x"),
    ("POST", "/consent/x"),
]


@pytest.mark.requirement("AK-09", "AT-10")
@pytest.mark.parametrize(("method", "path"), PAGES)
def test_a_key_or_token_opens_no_page(lone_owner: Owner, method: str, path: str) -> None:
    key = lone_owner.make()
    token = lone_owner.tool.tokens()["access_token"]
    http = lone_owner.world.app.test_client()
    lone_owner.world.app.config["WTF_CSRF_ENABLED"] = False
    for text, status in ((key, 403), (token, 401)):
        answer = http.open(path, method=method, headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == status, path
        http.set_cookie("mandate", text)
        assert http.open(path, method=method).status_code in (303, 401, 403, 404)
    assert lone_owner.world.execute("SELECT count(*) FROM api_keys") == [(1,)]


@pytest.mark.requirement("AK-09", "AT-10")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_case_of_the_scheme_opens_no_page(lone_owner: Owner, scheme: str) -> None:
    for text, status in ((lone_owner.make(), 403), ("x", 401), ("", 401)):
        answer = lone_owner.browser.get(LIST, headers={"Authorization": f"{scheme} {text}"})
        assert answer.status_code == status, "also in a browser that is signed in"
        assert "Nightly deploy" not in answer.text
    answer = lone_owner.browser.get(LIST, headers={"Authorization": "Basic eDp5"})
    assert answer.status_code == 200


@pytest.mark.requirement("AK-09")
def test_a_key_mints_no_token(lone_owner: Owner) -> None:
    key = lone_owner.make()
    for fields in (
        {"grant_type": "refresh_token", "refresh_token": key},
        {"grant_type": "client_credentials"},
        {"grant_type": "authorization_code", "code": key},
    ):
        answer = lone_owner.tool.post(
            "/oauth/token", fields, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code in (400, 401)
    assert lone_owner.tool.revoke(key).status_code == 200
    assert lone_owner.tool.is_active(key), "a client cannot revoke what is not its own"


@pytest.mark.requirement("AK-12")
def test_somebody_elses_key_is_not_found(lone_owner: Owner) -> None:
    key = lone_owner.make()
    address = lone_owner.address(key)
    cleo = Owner(lone_owner.world, "cleo")
    assert cleo.browser.get(address).status_code == 404
    for more in ("", "/summary", "/rotate", "/revoke", "/pause", "/resume"):
        assert cleo.submit(address + more, capabilities=["api"]).status_code == 404, more
        for method in ("PUT", "PATCH", "DELETE"):
            lone_owner.world.app.config["WTF_CSRF_ENABLED"] = False
            answer = cleo.browser.http.open(address + more, method=method)
            assert answer.status_code in (404, 405), (method, more)
            lone_owner.world.app.config["WTF_CSRF_ENABLED"] = True
    assert "Nightly deploy" not in cleo.browser.get(LIST).text
    assert lone_owner.tool.introspect(key)["authorization_version"] == 1


def test_the_preview_makes_no_key(lone_owner: Owner) -> None:
    shown = lone_owner.post(**USUAL, action="preview")
    assert shown.status_code == 200
    assert "It can create and modify flows in Payments (editor)" in shown.text
    page = lone_owner.browser.get(f"{LIST}/new")
    answer = lone_owner.browser.submit(page, f"{LIST}/summary", **USUAL)
    assert answer.get_json()["ready"] is True
    broken = lone_owner.browser.submit(page, f"{LIST}/summary", expires_in="x")
    assert broken.get_json()["ready"] is False
    assert lone_owner.world.execute("SELECT count(*) FROM api_keys") == [(0,)]


def test_a_key_is_explained_as_one(lone_owner: Owner) -> None:
    address = lone_owner.address(lone_owner.make())
    text = lone_owner.browser.get(f"{address}?capability=secrets:edit&project=payments").text
    assert "“Manage secrets” was not given to this API key." in text
    assert "Your account is on." in text
