"""The example resource server over real HTTP: it asks Mandate at every call and believes it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from app.demo.addresses import Addresses
from app.demo.api.app import ApiBacking, create_resource_server
from app.demo.api.introspection import Introspector
from app.demo.organisation.company import company
from app.demo.tool.mcp_messages import HEADERS, OPENING
from tests.drivers.demo_stage import Stage, free_addresses

WAY = 'resource_metadata="{}/.well-known/oauth-protected-resource/api"'


def call(url: str, token: str | None = None, method: str = "GET", **more: Any) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    headers |= more.pop("extra", {})
    return httpx.request(method, url, headers=headers, trust_env=False, timeout=15, **more)


def challenge(stage: Stage, *parts: str) -> str:
    """Return a challenge: the parts, then where to read on."""
    return "Bearer " + ", ".join((*parts, WAY.format(stage.demo["resource_server"])))


def refusal(
    stage: Stage, response: httpx.Response, *, scope: str, query: str
) -> tuple[str, str | None]:
    """Return what a 403 says to the person and which bound says no, having looked at its link."""
    assert response.status_code == 403
    body = response.json()
    link = body["error_uri"]
    page, _, asked = link.partition("?")
    assert re.fullmatch(rf"{stage.demo['issuer']}/settings/authorizations/aut_\w+", page)
    assert asked == query
    parts = ('error="insufficient_scope"', f'scope="{scope}"', f'error_uri="{link}"')
    assert response.headers["WWW-Authenticate"] == challenge(stage, *parts)
    assert body["error"] == "insufficient_scope"
    return body["error_description"], body["bound"]


@pytest.mark.requirement("AT-07")
def test_a_call_without_a_token_is_told_to_send_one(stage: Stage) -> None:
    for path in ("/api/projects", "/api/projects/website/flows"):
        response = call(stage.demo["resource_server"] + path)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == challenge(stage)


@pytest.mark.requirement("AT-07")
@pytest.mark.parametrize("token", ["nonsense", "mdta_" + "0" * 49])
def test_a_token_that_is_none_is_invalid(stage: Stage, token: str) -> None:
    response = call(f"{stage.api}/projects", token)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == challenge(stage, 'error="invalid_token"')


def test_a_token_in_the_query_or_the_body_is_not_taken(stage: Stage) -> None:
    token = stage.token()
    url = f"{stage.api}/projects"
    assert call(f"{url}?access_token={token}").status_code == 401
    assert (
        call(f"{url}/website/flows", method="POST", data={"access_token": token}).status_code == 401
    )
    assert call(url, token).status_code == 200


def test_the_projects_are_those_that_were_delegated(stage: Stage) -> None:
    token = stage.token(**{"project-sandbox": "viewer"})
    assert call(f"{stage.api}/projects", token).json() == {
        "projects": [
            {
                "slug": "sandbox",
                "name": "Sandbox",
                "role": "viewer",
                "actions": ["apps:view"],
            },
            {
                "slug": "website",
                "name": "Website",
                "role": "editor",
                "actions": ["apps:view", "flows:edit"],
            },
        ]
    }


def test_a_flow_is_added_only_where_flows_may_be_edited(stage: Stage) -> None:
    token = stage.token(**{"project-sandbox": "viewer"})
    flow = {"json": {"name": "Say hello"}}
    assert call(f"{stage.api}/projects/website/flows", token, "POST", **flow).status_code == 201
    assert "Say hello" in call(f"{stage.api}/projects/website/flows", token).json()["flows"]
    refused = call(f"{stage.api}/projects/sandbox/flows", token, "POST", **flow)
    said = refusal(stage, refused, scope="flows:edit", query="give=flows%3Aedit&project=sandbox")
    assert said == (
        "“Create and modify flows” needs editor; this tool is viewer in Sandbox.",
        "role_given",
    )


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"name": ""}', '{"name": 5}', '{"name": "a\\u0000"}']
)
def test_a_flow_needs_a_name(stage: Stage, body: str) -> None:
    token = stage.token()
    url = f"{stage.api}/projects/website/flows"
    before = call(url, token).json()
    assert call(url, token, "POST", content=body).status_code == 422
    assert call(url, token).json() == before


def test_a_project_out_of_reach_looks_like_one_that_does_not_exist(stage: Stage) -> None:
    token = stage.token()
    said = {
        slug: call(f"{stage.api}/projects/{slug}/flows", token)
        for slug in ("payments", "sandbox", "nowhere")
    }
    assert [answer.status_code for answer in said.values()] == [403, 403, 403]
    assert len({answer.text.replace(slug, "…") for slug, answer in said.items()}) == 1
    assert said["nowhere"].json()["error_description"] == (
        "The project nowhere was not given to this tool."
    )


@pytest.mark.requirement("AT-07")
def test_without_the_api_capability_the_api_is_out_of_reach(stage: Stage) -> None:
    token = stage.token(capabilities=["apps:view"])
    refused = call(f"{stage.api}/projects", token)
    said, _ = refusal(stage, refused, scope="api", query="give=api")
    assert said == "“Connect to your workspace” was not given to this tool."


def test_a_token_for_an_mcp_server_does_not_open_the_api(stage: Stage) -> None:
    token = stage.token(resource=stage.addresses.mcp_server("website-content"))
    refused = call(f"{stage.api}/projects", token)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == challenge(stage, 'error="invalid_token"')


def test_what_goes_wrong_is_told_in_json(stage: Stage) -> None:
    url = stage.demo["resource_server"]
    for method, path, status, error in (
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/api", 405, "method_not_allowed"),
    ):
        answer = call(url + path, method=method)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "GET" in call(f"{url}/api", method="DELETE").headers["Allow"]


def test_what_a_user_loses_is_refused_at_the_very_next_call(stage: Stage) -> None:
    token = stage.token()
    url = f"{stage.api}/projects/website/flows"
    assert call(url, token, "POST", json={"name": "One"}).status_code == 201

    stage.set_role("jonas", "website", "viewer")
    refused = call(url, token, "POST", json={"name": "Two"})
    said = refusal(stage, refused, scope="flows:edit", query="")
    assert said == ("You are viewer in Website; ask for editor there.", "your_role")
    assert call(url, token).status_code == 200


def test_the_api_says_who_calls_and_what_they_may_do(stage: Stage) -> None:
    url = stage.addresses.mcp_server("website-content")
    assert call(stage.api, stage.token(capabilities=["api", "flows:edit", "mcp"])).json() == {
        "username": "jonas@kestrel.example",
        "scope": ["api", "flows:edit", "mcp"],
        "projects": [
            {"slug": "website", "name": "Website", "role": "editor", "actions": ["flows:edit"]}
        ],
        "mcp_servers": [{"url": url, "role": "editor"}],
    }
    assert call(stage.api).status_code == 401
    assert call(stage.api, stage.token(capabilities=["apps:view"])).status_code == 403


def test_an_api_key_opens_the_api_where_it_may(stage: Stage) -> None:
    key = stage.api_key("api", "flows:edit", "mcp", servers=frozenset(("website-content",)))
    assert call(stage.api, key).json()["scope"] == ["api", "flows:edit", "mcp"]
    flows = f"{stage.api}/projects/website/flows"
    assert call(flows, key, "POST", json={"name": "By key"}).status_code == 201
    assert call(f"{stage.api}/projects/sandbox/flows", key).status_code == 403
    refused = call(stage.api, stage.api_key("mcp", servers=frozenset(("website-content",))))
    said, _ = refusal(stage, refused, scope="api", query="give=api")
    assert said == "“Connect to your workspace” was not given to this API key."


def test_mandate_learns_what_each_call_was_for(stage: Stage) -> None:
    key = stage.api_key("api", "flows:edit", "mcp", servers=frozenset(("website-content",)))
    flows = f"{stage.api}/projects/website/flows"
    call(flows, key)
    call(flows, key, "POST", json={"name": "Counted"})
    for server in ("website-content", "playground"):
        call(stage.addresses.mcp_server(server), key, "POST", json=OPENING[0], extra=HEADERS)
    call(f"{stage.api}/projects/payments/flows", key)
    assert stage.used() == {
        ("api", "api", "website", "", False),
        ("api", "flows:edit", "website", "", False),
        ("mcp", "mcp", "", "website-content", False),
        ("mcp", "mcp", "", "playground", True),
        ("api", "api", "", "", True),
    }


@pytest.mark.parametrize("slug", ["%00", "%C3%A9", "a%20b", "x" * 3_000, "..%2fx", "%22%26token=x"])
def test_a_strange_project_is_refused_like_any_other(stage: Stage, slug: str) -> None:
    assert call(f"{stage.api}/projects/{slug}/flows", stage.token()).status_code in (403, 404)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_call_is_refused_with_and_without_a_reason_from_mandate(is_told: bool) -> None:
    addresses = free_addresses()
    told: dict[str, Any] = {
        "active": True,
        "username": "jonas",
        "aud": addresses.api,
        "scope": "flows:edit",
        "authorization_details": [],
    }
    if is_told:
        told["denied"] = {"bound": "capability", "message": "Not given.", "link": "https://m/x"}
    introspector = Introspector(addresses.issuer, ("api", "secret"))
    introspector._http = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=told))
    )
    app = create_resource_server(ApiBacking(company(), addresses, introspector))
    answer = app.test_client().get("/api/projects", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 403
    expected = {"error_description": "The token does not reach that far."}
    if is_told:
        expected = {
            "error_description": "Not given.",
            "error_uri": "https://m/x",
            "bound": "capability",
        }
    assert answer.get_json() == {"error": "insufficient_scope", **expected}
    assert ("error_uri" in answer.headers["WWW-Authenticate"]) is is_told


def alone(addresses: Addresses, issuer: str, credentials: tuple[str, str]) -> httpx.Response:
    introspector = Introspector(issuer, credentials)
    app = create_resource_server(ApiBacking(company(), addresses, introspector))
    answer = app.test_client().get("/api/projects", headers={"Authorization": "Bearer x"})
    introspector.close()
    return httpx.Response(answer.status_code, headers=list(answer.headers), content=answer.data)


def test_nobody_is_let_in_while_mandate_is_away() -> None:
    addresses = free_addresses()
    answer = alone(addresses, addresses.issuer, ("api", "secret"))
    assert answer.status_code == 503
    assert answer.json()["error"] == "temporarily_unavailable"
    assert answer.headers["Retry-After"] == "1"


def test_nobody_is_let_in_while_mandate_does_not_know_the_resource_server(stage: Stage) -> None:
    answer = alone(stage.addresses, stage.demo["issuer"], ("api", "not the secret"))
    assert answer.status_code == 503
