"""API keys: made, shown once, used, rotated, revoked; and what a key can never do."""

from __future__ import annotations

import re
import threading

import pytest
from werkzeug.test import TestResponse

from tests.drivers.owner import LIST, USUAL, Owner
from tests.drivers.tool import Browser
from tests.drivers.world import MCP


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
    assert re.findall(r'name="expires_in" value="(\d*)" checked', page) == ["7776000"]
    assert " selected" not in page
    assert page.count("checked") == 2, "beside the end, `mcp`, which means nothing without servers"


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


def live_keys(owner: Owner) -> int:
    return len(owner.world.execute("SELECT id FROM api_keys WHERE expires_at IS NULL"))


def test_one_form_makes_one_key(owner: Owner) -> None:
    page = owner.browser.get(f"{LIST}/new")
    idempotency_key = re.search(r'name="idempotency_key" value="([^"]+)"', page.text)
    assert idempotency_key
    first = owner.post(**USUAL, idempotency_key=idempotency_key[1])
    again = owner.post(**USUAL, idempotency_key=idempotency_key[1])
    assert (first.status_code, again.status_code) == (200, 200)
    owner.world.clock.forward(seconds=60)
    assert owner.post(**USUAL, idempotency_key=idempotency_key[1]).status_code == 303
    assert owner.world.execute("SELECT count(*) FROM authorizations") == [(1,)]
    assert live_keys(owner) == 1


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
    assert found == [200] * 8
    assert live_keys(owner) == 1


def test_a_template_fills_the_form_and_gives_an_example(lone_owner: Owner) -> None:
    page = lone_owner.browser.get(f"{LIST}/new?template=ci-deploy").text
    ticked = re.findall(r'id="capability-([a-z:]+)"[^>]*checked', page)
    assert ticked == ["api", "flows:edit"]
    assert page.count('data-asked="editor"') == 3, "a project that is picked gets this role"
    assert " selected" not in page, "where is for the user to say"
    made = lone_owner.post(**{**USUAL, "template": "ci-deploy"})
    assert "/projects/payments/flows" in made.text
    assert "X POST" not in lone_owner.post(**{**USUAL, "name": "Plain"}).text
    unknown = lone_owner.browser.get(f"{LIST}/new?template=nope")
    assert unknown.status_code == 200
    assert 'name="template"' not in unknown.text


def test_the_example_of_an_agent_names_the_server_that_was_chosen(lone_owner: Owner) -> None:
    choice = {"capabilities": ["mcp"], "mcp_servers": ["ledger"], "project-payments": ""}
    made = lone_owner.post(**{**USUAL, **choice, "template": "coding-agent"})
    assert f"{MCP}/ledger" in made.text
