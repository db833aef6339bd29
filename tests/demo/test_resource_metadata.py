"""The documents of protected resources (RFC 9728), and that clients find their way by them."""

from __future__ import annotations

import re

import httpx
import pytest

from app.demo.api.app import ApiBacking, create_resource_server
from app.demo.api.introspection import Introspector
from app.demo.api.resource_metadata import (
    WELL_KNOWN,
    Protected,
    document,
    document_path,
    document_url,
)
from app.demo.demo_json import credentials_of
from app.demo.organisation.company import company
from tests.drivers.demo_stage import Stage

SERVERS = [server.identifier for server in company().mcp_servers]


def get(url: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, url, trust_env=False, timeout=15)


def resources(stage: Stage) -> list[str]:
    return [
        stage.demo["resource_server"],
        stage.api,
        *(server["url"] for server in stage.demo["mcp_servers"]),
    ]


@pytest.mark.rfc("9728", "3.1")
@pytest.mark.parametrize(
    ("resource", "url"),
    [
        ("https://a.example", "https://a.example/.well-known/oauth-protected-resource"),
        ("https://a.example/", "https://a.example/.well-known/oauth-protected-resource"),
        ("https://a.example/b", "https://a.example/.well-known/oauth-protected-resource/b"),
        ("https://a.example/b/c/", "https://a.example/.well-known/oauth-protected-resource/b/c/"),
        ("https://a.example:8?d=e", "https://a.example:8/.well-known/oauth-protected-resource?d=e"),
    ],
)
def test_a_documents_address_is_made_from_its_resource(resource: str, url: str) -> None:
    assert document_url(resource) == url
    assert url.startswith(f"https://{httpx.URL(resource).netloc.decode()}{document_path(resource)}")


@pytest.mark.rfc("9728", "2")
def test_a_document_has_these_members_and_no_others() -> None:
    protected = Protected("https://a.example/b", "B", ("x", "y"))
    assert document(protected, "https://as.example") == {
        "resource": "https://a.example/b",
        "authorization_servers": ["https://as.example"],
        "scopes_supported": ["x", "y"],
        "bearer_methods_supported": ["header"],
        "resource_name": "B",
    }


@pytest.mark.requirement("MD-07")
@pytest.mark.rfc("9728", "3.3")
def test_every_resource_has_a_document_that_names_it_byte_by_byte(stage: Stage) -> None:
    for resource in resources(stage):
        answer = get(document_url(resource))
        assert answer.headers["Content-Type"] == "application/json"
        found = answer.json()
        assert found["resource"] == resource
        assert found["authorization_servers"] == [stage.demo["issuer"]]
        assert found["bearer_methods_supported"] == ["header"]
        assert found["resource_name"]
        assert found["scopes_supported"]
        assert None not in found.values()


def test_the_authorization_server_is_found_from_the_host_alone(stage: Stage) -> None:
    base = stage.demo["resource_server"]
    issuer = get(f"{base}/.well-known/oauth-protected-resource").json()["authorization_servers"][0]
    assert get(f"{issuer}/.well-known/oauth-authorization-server").json()["issuer"] == issuer


@pytest.mark.requirement("AT-07")
@pytest.mark.rfc("9728", "5.1")
def test_a_401_leads_to_the_document_of_what_was_called(stage: Stage) -> None:
    for resource in resources(stage)[1:]:
        challenge = get(resource).headers["WWW-Authenticate"]
        found = re.search(r'resource_metadata="([^"]+)"', challenge)
        assert found, challenge
        assert found[1] == document_url(resource)
        assert get(found[1]).json()["resource"] == resource


def test_scripts_of_every_origin_may_read_the_documents(stage: Stage) -> None:
    for resource in resources(stage):
        for method in ("GET", "OPTIONS"):
            answer = get(document_url(resource), method)
            assert answer.status_code == 200
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in get(stage.api).headers


@pytest.mark.requirement("MD-07")
@pytest.mark.rfc("8707", "2")
def test_every_resource_that_a_document_names_can_be_asked_for(stage: Stage) -> None:
    mandate = Introspector(stage.demo["issuer"], credentials_of(stage.demo, "api"))
    app = create_resource_server(ApiBacking(company(), stage.addresses, mandate))
    paths = [r.rule for r in app.url_map.iter_rules() if r.rule.startswith(WELL_KNOWN)]
    base = stage.demo["resource_server"]
    named = [get(base + path).json()["resource"] for path in paths]
    assert sorted(named) == sorted(resources(stage))
    for resource in named:
        for spelt in (resource, f"{resource}/"):
            everything = {"capabilities": ["api", "mcp"], "mcp_servers": SERVERS}
            token = stage.token("maya", spelt, **everything)
            header = {"Authorization": f"Bearer {token}"}
            if resource in (base, stage.api):
                answer = httpx.get(stage.api, headers=header, trust_env=False, timeout=15)
                assert answer.status_code == 200, (spelt, answer.text)
            else:
                answer = httpx.post(resource, headers=header, trust_env=False, timeout=15)
                assert answer.status_code in (400, 406, 415), (spelt, answer.text)
    mandate.close()


@pytest.mark.requirement("TE-23")
def test_tools_in_a_browser_may_call_every_resource(stage: Stage) -> None:
    origin = {"Origin": "http://localhost:6274"}
    ask = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,mcp-protocol-version,traceparent",
    }
    called = [*resources(stage)[1:], f"{stage.demo['resource_server']}/provider/flows/list"]
    for url in called:
        preflight = httpx.options(url, headers=ask, trust_env=False, timeout=15)
        assert preflight.status_code == 200
        assert preflight.headers["Access-Control-Allow-Origin"] == "*"
        assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
        assert "traceparent" in preflight.headers["Access-Control-Allow-Headers"]
        answer = httpx.post(url, headers=origin, trust_env=False, timeout=15)
        assert answer.status_code in (401, 405), url
        assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"]
        assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


def test_what_is_no_resource_has_no_document(stage: Stage) -> None:
    assert get(document_url(stage.addresses.mcp_server("nowhere"))).status_code == 404
