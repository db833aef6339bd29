"""API keys: made, shown once, used, rotated, revoked; and what a key can never do."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.drivers.owner import LIST, USUAL, Owner
from tests.drivers.tool import Browser
from tests.drivers.world import MCP, PASSWORD


def test_a_key_is_introspected_like_a_token(owner: Owner) -> None:
    key = owner.make()
    found = owner.tool.introspect(key)
    assert found.pop("jti").startswith("key_")
    assert found.pop("authorization_id").startswith("aut_")
    assert found.pop("sub").startswith("usr_")
    issued = int(owner.world.at.timestamp())
    assert found == {
        "active": True,
        "iss": "http://127.0.0.1:8000",
        "username": "ben@example.org",
        "token_type": "Bearer",
        "scope": "api flows:edit",
        "aud": "http://127.0.0.1:8001/api",
        "iat": issued,
        "exp": issued + 7_776_000,
        "authorization_version": 1,
        "token_use": "api_key",
        "authorization_details": [
            {
                "type": "project",
                "identifier": "payments",
                "privileges": ["editor"],
                "actions": ["flows:edit"],
            }
        ],
    }


def test_a_key_without_an_end_has_no_exp(lone_owner: Owner) -> None:
    assert "exp" not in lone_owner.tool.introspect(lone_owner.make(expires_in=""))


def test_the_form_presets_ninety_days_and_nothing_else(lone_owner: Owner) -> None:
    page = lone_owner.browser.get(f"{LIST}/new").text
    assert '<option value="7776000" selected>90 days</option>' in page
    assert page.count(" selected>") == 1
    assert "checked" not in page


@pytest.mark.requirement("AK-03")
def test_the_text_is_shown_once_and_then_only_its_hint(lone_owner: Owner) -> None:
    key = lone_owner.make()
    for address in (LIST, lone_owner.address(key)):
        page = lone_owner.browser.get(address).text
        assert f"mdtk_…{key[-4:]}" in page
        assert key not in page
        assert key[5:20] not in page
    assert lone_owner.browser.get(LIST).headers["Cache-Control"] == "no-store"
    dump = str(lone_owner.world.execute("SELECT * FROM api_keys"))
    assert key not in dump
    assert key[5:48] not in dump


@pytest.mark.requirement("AK-04")
@pytest.mark.parametrize("spoil", ["flip", "cut", "longer", "case", "empty", "prefix"])
def test_a_mangled_key_is_unknown(lone_owner: Owner, spoil: str) -> None:
    key = lone_owner.make()
    last = "0" if key[-1] != "0" else "1"
    spoiled = {
        "flip": key[:-1] + last,
        "cut": key[:-1],
        "longer": key + "0",
        "case": key.swapcase(),
        "empty": "mdtk_",
        "prefix": "mdta" + key[4:],
    }[spoil]
    assert lone_owner.tool.introspect(spoiled) == {"active": False}


@pytest.mark.requirement("AK-06")
def test_a_key_is_never_more_than_its_owner_now(owner: Owner) -> None:
    key = owner.make()
    owner.world.set_member("payments", "ben", "viewer")
    assert owner.tool.introspect(key)["scope"] == "api"
    owner.world.remove_member("payments", "ben")
    assert owner.tool.introspect(key)["authorization_details"] == []
    owner.world.set_member("payments", "ben", "admin")
    assert owner.tool.introspect(key)["authorization_details"][0]["privileges"] == ["editor"]


@pytest.mark.requirement("AK-11")
def test_a_disabled_owner_has_no_keys(owner: Owner) -> None:
    key = owner.make()
    owner.world.disable_user("ben")
    assert owner.tool.introspect(key) == {"active": False}
    owner.world.enable_user("ben")
    assert owner.tool.is_active(key)


def test_a_key_ends_when_its_authorization_does(owner: Owner) -> None:
    key = owner.make(expires_in="60")
    owner.world.clock.forward(seconds=59)
    assert owner.tool.is_active(key)
    owner.world.clock.forward(seconds=1)
    assert owner.tool.introspect(key) == {"active": False}


def test_editing_a_key_holds_at_its_next_call(owner: Owner) -> None:
    key = owner.make()
    address = owner.address(key)
    posted = owner.submit(
        address, capabilities=["api"], **{"project-website": "viewer"}, name="New name"
    )
    assert posted.status_code == 303, posted.text
    found = owner.tool.introspect(key)
    assert (found["scope"], found["authorization_version"]) == ("api", 2)
    assert "New name" in owner.browser.get(LIST).text


def test_pause_resume_and_revoke_hold_at_once(owner: Owner) -> None:
    key = owner.make()
    address = owner.address(key)
    owner.submit(f"{address}/pause")
    assert not owner.tool.is_active(key)
    owner.submit(f"{address}/resume")
    assert owner.tool.is_active(key)
    posted = owner.submit(f"{address}/revoke")
    assert posted.location == LIST
    assert owner.tool.introspect(key) == {"active": False}
    assert "1 revoked" in owner.browser.get(LIST).text


def test_a_key_is_checked_for_one_mcp_server_by_resource(owner: Owner) -> None:
    key = owner.make(capabilities=["mcp"], mcp_servers=["ledger"])
    ask = owner.tool.introspect
    good = ask(key, "mcp", resource=f"{MCP}/ledger")
    assert (good["active"], good["aud"]) == (True, f"{MCP}/ledger")
    assert ask(key, "mcp")["aud"] == MCP, "without a resource: the resource server's own audience"
    for resource in (
        f"{MCP}/fraud",
        f"{MCP}/ledger/../fraud",
        f"{MCP}/nowhere",
        "https://elsewhere.example/",
        f"{MCP}/ledger%2f..%2ffraud",
        "http://127.0.0.1:8001/api",
        "x",
        "http://[",
    ):
        assert ask(key, "mcp", resource=resource) == {"active": False}, resource
    assert ask(key, "api", resource=f"{MCP}/ledger") == {"active": False}, "not the API's to ask"
    owner.world.remove_member("payments", "ben")
    assert ask(key, "mcp", resource=f"{MCP}/ledger") == {"active": False}


def test_an_mcp_server_that_asks_itself_sees_only_keys_for_it(owner: Owner) -> None:
    with owner.world.app.app_context():
        from app.services.clients import resource_servers

        for name in ("ledger", "fraud"):
            owner.world.secrets[f"{name}-server"] = resource_servers.add_resource_server(
                f"{name}-server",
                audience=f"{MCP}/{name}/",
                auth_method="client_secret_basic",
                at=owner.world.at,
                actor="test",
            )
    key = owner.make(capabilities=["mcp"], mcp_servers=["ledger"])
    assert owner.tool.is_active(key, "ledger-server")
    assert owner.tool.introspect(key, "fraud-server") == {"active": False}


def test_rotating_lets_the_old_text_live_for_the_overlap(owner: Owner) -> None:
    old = owner.make()
    address = owner.address(old)
    new = owner.rotate(address, overlap="3600")
    assert new != old
    assert owner.tool.introspect(new)["authorization_id"] == owner.id_of(old)
    assert owner.tool.introspect(old)["exp"] == int(owner.world.at.timestamp()) + 3600
    page = owner.browser.get(address).text
    assert f"mdtk_…{old[-4:]}" in page
    assert f"mdtk_…{new[-4:]}" in page
    owner.world.clock.forward(seconds=3600)
    owner.browser.sign_in("ben")
    assert not owner.tool.is_active(old)
    assert owner.tool.is_active(new)
    third = owner.rotate(address, overlap="0")
    assert [owner.tool.is_active(key) for key in (old, new, third)] == [False, False, True]
    assert len(owner.world.audit("api_key.rotated")) == 2


def test_rotating_one_key_leaves_the_others_alone(lone_owner: Owner) -> None:
    first, other = lone_owner.make(expires_in=""), lone_owner.make(expires_in="")
    lone_owner.rotate(lone_owner.address(first), overlap="0")
    assert not lone_owner.tool.is_active(first)
    assert lone_owner.tool.is_active(other)
    assert "exp" not in lone_owner.tool.introspect(other)


def test_a_revoked_key_cannot_be_rotated_before_its_end(lone_owner: Owner) -> None:
    address = lone_owner.address(lone_owner.make())
    lone_owner.submit(f"{address}/revoke")
    assert lone_owner.submit(f"{address}/rotate", overlap="0").status_code == 409
    assert lone_owner.world.execute("SELECT count(*) FROM api_keys") == [(1,)]


def test_a_later_rotation_never_lengthens_an_overlap(lone_owner: Owner) -> None:
    first = lone_owner.make()
    address = lone_owner.address(first)
    second = lone_owner.rotate(address, overlap="60")
    lone_owner.rotate(address, overlap="86400")
    lone_owner.world.clock.forward(seconds=60)
    assert not lone_owner.tool.is_active(first)
    assert lone_owner.tool.is_active(second)


@pytest.mark.parametrize("overlap", ["-1", "x", "2592001", "9" * 400, "1.5"])
def test_an_overlap_out_of_bounds_is_refused(lone_owner: Owner, overlap: str) -> None:
    key = lone_owner.make()
    refused = lone_owner.submit(f"{lone_owner.address(key)}/rotate", overlap=overlap)
    assert refused.status_code == 400
    assert lone_owner.tool.is_active(key)


def test_what_is_over_or_no_key_cannot_be_rotated(lone_owner: Owner) -> None:
    key = lone_owner.make(expires_in="60")
    address = lone_owner.address(key)
    lone_owner.world.clock.forward(seconds=60)
    assert lone_owner.submit(f"{address}/rotate").status_code == 409
    lone_owner.submit(f"{address}/revoke")
    assert lone_owner.submit(f"{address}/rotate").status_code == 409
    lone_owner.tool.browser = lone_owner.browser
    lone_owner.tool.signed_in = True
    token = lone_owner.tool.tokens()["access_token"]
    assert lone_owner.submit(f"{lone_owner.address(token)}/rotate").status_code == 404


def test_one_form_makes_one_key(owner: Owner) -> None:
    page = owner.browser.get(f"{LIST}/new")
    idempotency_key = re.search(r'name="idempotency_key" value="([^"]+)"', page.text)
    assert idempotency_key
    first = owner.post(**USUAL, idempotency_key=idempotency_key[1])
    again = owner.post(**USUAL, idempotency_key=idempotency_key[1])
    assert (first.status_code, again.status_code) == (200, 409)
    assert owner.world.execute("SELECT count(*) FROM api_keys") == [(1,)]


def test_the_form_of_one_user_does_not_stop_anothers(lone_owner: Owner) -> None:
    cleo = Owner(lone_owner.world, "cleo")
    lone_owner.make(idempotency_key="same")
    cleo.make(
        idempotency_key="same",
        capabilities=["apps:view"],
        **{"project-payments": "", "project-website": "viewer"},
    )
    assert lone_owner.world.execute("SELECT count(DISTINCT user_id) FROM authorizations") == [(2,)]


def test_making_a_key_is_audited_with_what_it_may_do(lone_owner: Owner) -> None:
    key = lone_owner.make()
    (event,) = lone_owner.world.audit("api_key.created")
    assert event.subject == lone_owner.id_of(key)
    assert event.detail["widened"] == ["api", "flows:edit", "editor on payments"]
    assert key not in str(event.detail)


def test_a_form_sent_eight_times_at_once_makes_one_key(owner: Owner) -> None:
    browsers = [Browser(owner.world) for _ in range(8)]
    for browser in browsers:
        browser.sign_in("ben")
    pages = [browser.get(f"{LIST}/new") for browser in browsers]
    found: list[int] = []

    def send(browser: Browser, page: TestResponse) -> None:
        found.append(
            browser.submit(page, f"{LIST}/new", **USUAL, idempotency_key="same").status_code
        )

    threads = [
        threading.Thread(target=send, args=pair) for pair in zip(browsers, pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] + [409] * 7


def test_rotations_at_once_leave_one_lasting_key(owner: Owner) -> None:
    key = owner.make(expires_in="")
    address = owner.address(key)
    browsers = [Browser(owner.world) for _ in range(6)]
    pages = []
    for browser in browsers:
        browser.sign_in("ben")
        pages.append(browser.get("/settings/account"))
    threads = [
        threading.Thread(
            target=browser.submit, args=(page, f"{address}/rotate"), kwargs={"overlap": "60"}
        )
        for browser, page in zip(browsers, pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert owner.world.execute("SELECT count(*) FROM api_keys") == [(7,)]
    assert owner.world.execute("SELECT count(*) FROM api_keys WHERE expires_at IS NULL") == [(1,)]


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
        ({"capabilities": []}, "Nothing useful"),
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
    assert "Nightly deploy may use the API" in shown.text
    page = lone_owner.browser.get(f"{LIST}/new")
    answer = lone_owner.browser.submit(page, f"{LIST}/summary", **USUAL)
    assert answer.get_json()["ready"] is True
    broken = lone_owner.browser.submit(page, f"{LIST}/summary", expires_in="x")
    assert broken.get_json()["ready"] is False
    assert lone_owner.world.execute("SELECT count(*) FROM api_keys") == [(0,)]
