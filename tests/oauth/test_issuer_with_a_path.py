"""An issuer with a path: everything lies below it, and its metadata where every client looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest

from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.tool import USUAL, Tool, answer_of, csrf_of, target_of
from tests.drivers.world import PASSWORD, World

ISSUER = "http://127.0.0.1:8000/auth/t1"
PATH = "/auth/t1"


@pytest.fixture
def below(lone_database: Prepared, clock: Clock) -> Iterator[World]:
    with running_world(lone_database, clock, MANDATE_ISSUER=ISSUER) as world:
        yield world


@pytest.mark.rfc("8414", "3.1")
@pytest.mark.requirement("MD-01")
@pytest.mark.parametrize(
    "address",
    [
        "/.well-known/oauth-authorization-server/auth/t1",
        "/.well-known/oauth-authorization-server",
        "/auth/t1/.well-known/oauth-authorization-server",
    ],
)
def test_the_metadata_is_where_clients_look(below: World, address: str) -> None:
    answer = below.app.test_client().get(address)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    body = answer.get_json()
    assert body["issuer"] == ISSUER
    urls = [v for n, v in body.items() if n.endswith("_endpoint")]
    assert all(url.startswith(f"{ISSUER}/oauth/") for url in urls)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/login",
        "/oauth/token",
        "/oauth/authorize",
        "/authx",
        "/auth",
        "/auth/t1x/login",
        "/.well-known/oauth-authorization-server/auth",
        "/.well-known/oauth-authorization-server/other",
        "/.well-known/openid-configuration/auth/t1",
        "/.well-known/openid-configuration",
        "/auth/t1/.well-known/openid-configuration",
        "/settings/authorizations/oauth2",
    ],
)
def test_there_is_nothing_beside(below: World, address: str) -> None:
    http = below.app.test_client()
    assert http.get(address).status_code == 404
    assert http.post(address).status_code in (404, 405)
    readable = http.get(address).headers.get("Access-Control-Allow-Origin") == "*"
    assert readable == ("/.well-known/" in address)


def test_health_is_told_at_the_root_and_below(below: World) -> None:
    for address in ("/healthz", "/readyz", "/auth/t1/healthz", "/auth/t1/readyz"):
        assert below.app.test_client().get(address).status_code == 200


def test_the_whole_walk_stays_below_the_path(below: World) -> None:
    tool = Tool(below, below.native)
    http = tool.browser.http
    page = http.get(f"{PATH}/oauth/authorize?" + urlencode(tool.request()))
    seen = []
    while page.status_code == 303:
        seen.append(page.location)
        page = http.get(page.location)
    fields = {"username": "ben", "password": PASSWORD.format("ben")}
    signed_in = http.post(seen[-1], data={"csrf_token": csrf_of(page), **fields})
    consent = http.get(signed_in.location)
    decided = http.post(
        signed_in.location, data={"csrf_token": csrf_of(consent), "decision": "approve", **USUAL}
    )
    target = target_of(http.get(decided.location))
    for location in (*seen, signed_in.location, decided.location):
        assert location.startswith(PATH + "/"), location
    answer = answer_of(target)
    assert answer["iss"] == ISSUER
    tokens = tool.http.post(
        f"{PATH}/oauth/token",
        data={
            "grant_type": "authorization_code",
            "code": answer["code"],
            "client_id": tool.client.client_id,
            "code_verifier": tool.verifier,
        },
    ).get_json()
    introspected = tool.http.post(
        f"{PATH}/oauth/introspect",
        data={"token": tokens["access_token"]},
        auth=("api", below.secrets["api"]),
    ).get_json()
    assert introspected["active"]
    assert introspected["iss"] == ISSUER
    walk_the_pages(tool)


def walk_the_pages(tool: Tool) -> None:
    """Follow every link of the settings: none leads beside the path, none is dead."""
    todo, done = [f"{PATH}/settings/authorizations/oauth2", f"{PATH}/device"], set()
    while todo:
        address = todo.pop()
        done.add(address)
        page = tool.browser.http.get(address)
        assert page.status_code in (200, 303), address
        found = re.findall(r'(?:href|src|action|data-summary-url)="([^"#?]+)', page.text)
        local = {link for link in found if not urlsplit(link).scheme}
        assert all(link.startswith(PATH + "/") for link in local), (address, local)
        pages = {link for link in local if "/settings" in link and "/static" not in link}
        todo += [
            link
            for link in pages - done
            if link not in todo
            and not re.search(
                r"/(end|revoke|pause|resume|rotate|summary|password|end-others|edit)$", link
            )
        ]
    assert len(done) >= 5


def test_a_registration_and_a_device_are_told_addresses_below(below: World) -> None:
    http = below.app.test_client()
    body = {
        "redirect_uris": ["https://tool.example/cb"],
        "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
        "token_endpoint_auth_method": "none",
    }
    registered = http.post(f"{PATH}/oauth/register", json=body).get_json()
    managed = urlsplit(registered["registration_client_uri"]).path
    bearer = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    assert http.get(managed, headers=bearer).status_code == 200
    asked = http.post(
        f"{PATH}/oauth/device_authorization", data={"client_id": registered["client_id"]}
    ).get_json()
    assert asked["verification_uri"] == f"{ISSUER}/device"
