"""Two users, every object's address, every method: the other's objects are not found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from tests.drivers.account import API, Account, Bearer
from tests.drivers.owner import Owner
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import World

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
NOT_FOUND = {404, 405}
STATE = (
    "authorizations",
    "authorization_projects",
    "authorization_mcp_servers",
    "sessions",
    "api_keys",
    "access_tokens",
    "browser_sessions",
    "users",
    "authorization_requests",
)
PUBLIC = (
    "static",
    "web.manual_page",
    "oauth.details_type",
    "web.tool_logo",
)  # files and texts belong to nobody


class Victim:
    """Ada with a tool that is signed in, an API key, a pending request and a browser."""

    def __init__(self, world: World) -> None:
        self.owner = Owner(world, "ada")
        self.tool = Tool(world, world.native)
        self.tool.browser, self.tool.signed_in = self.owner.browser, True
        self.token = self.tool.tokens()["access_token"]
        self.key = self.owner.make()
        self.request = self.tool.consent_page()[0].rsplit("/", 1)[1]
        (session,) = world.execute("SELECT id FROM sessions")
        (digest,) = world.execute(
            "SELECT digest FROM browser_sessions JOIN users ON users.id = user_id WHERE username = 'ada'"
        )
        self.session, self.handle = str(session[0]), str(digest[0])[:16]
        self.ids = [self.owner.id_of(self.token), self.owner.id_of(self.key)]


def addresses(world: World, victim: Victim) -> Iterator[str]:
    """Give every address that names an object, filled in with what belongs to the victim."""
    values = {
        "authorization_id": victim.ids,
        "session_id": [victim.session],
        "handle": [victim.handle],
        "request_id": [victim.request],
        "client_id": [lone_client(world)],
        "slug": ["payments"],
        "user": ["ada"],
        "identifier": ["ledger"],
    }
    for rule in world.app.url_map.iter_rules():
        if not rule.arguments or rule.endpoint.endswith(PUBLIC):
            continue
        if rule.rule in ("/password/<text>", "/set-up/<text>"):
            continue  # who holds the link is the one that it is for
        assert rule.arguments <= set(values), f"{rule} names an object that this test does not know"
        for identifier in (
            values["authorization_id"] if "authorization_id" in rule.arguments else [""]
        ):
            path = rule.rule.replace("<authorization_id>", identifier)
            for name, known in values.items():
                path = path.replace(f"<{name}>", known[0])
            yield path


def lone_client(world: World) -> str:
    """Return the client_id of a tool that registered itself; its token is nobody's here."""
    body = {"redirect_uris": ["https://tool.example/cb"]}
    answer = world.app.test_client().post("/oauth/register", json=body)
    return str(answer.get_json()["client_id"])


def state(world: World) -> str:
    """Return all that an attack could change, but for when a browser was last seen."""
    rows = [
        world.execute(f"SELECT * FROM {table}") for table in STATE if table != "browser_sessions"
    ]
    rows.append(world.execute("SELECT digest, ended_at FROM browser_sessions"))
    return hashlib.sha256(repr([sorted(map(repr, found)) for found in rows]).encode()).hexdigest()


@pytest.mark.requirement("AK-12", "UI-06")
def test_what_belongs_to_another_is_not_found_and_stays_as_it_is(lone_world: World) -> None:
    victim = Victim(lone_world)
    stranger = Browser(lone_world)
    stranger.sign_in("cleo")
    own = Tool(lone_world, lone_world.native)
    own.browser, own.signed_in = stranger, True
    own.tokens({"capabilities": ["apps:view"], "project-website": "viewer"}, scope="apps:view")
    lone_world.app.config["WTF_CSRF_ENABLED"] = False
    before = state(lone_world)
    tried = 0
    fields = {
        "capabilities": ["api"],
        "decision": "approve",
        "project-website": "viewer",
        "overlap": "0",
    }
    for path in addresses(lone_world, victim):
        for method in METHODS:
            answer = stranger.http.open(
                path, method=method, data=fields if method != "GET" else None
            )
            # A pending request answers 403: it is bound to its browser as well as to its user (UI-06).
            expected = {403, *NOT_FOUND} if victim.request in path else NOT_FOUND
            # A registration answers 401 to whoever lacks its token (RFC 7592 section 2.1).
            expected = {401, 405} if "/register/" in path else expected
            # The management API knows no browser: tests/api tries it with bearers.
            expected = {401, 405} if path.startswith("/api/v1/") else expected
            assert answer.status_code in expected, (method, path)
            assert "Native tool" not in answer.text
            tried += 1
    assert tried > 60
    assert state(lone_world) == before
    assert victim.tool.is_active(victim.token)
    assert victim.tool.is_active(victim.key)


def test_a_foreign_session_under_an_own_authorization_is_not_found(lone_world: World) -> None:
    victim = Victim(lone_world)
    cleo = Owner(lone_world, "cleo")
    key = cleo.make(
        capabilities=["apps:view"], **{"project-payments": "", "project-website": "viewer"}
    )
    answer = cleo.submit(f"{cleo.address(key)}/sessions/{victim.session}/end")
    assert answer.status_code == 404
    assert victim.tool.is_active(victim.token)


@pytest.mark.requirement("AK-12")
@pytest.mark.parametrize("kind", ["key", "token", "account"])
def test_no_bearer_reaches_what_belongs_to_another(lone_world: World, kind: str) -> None:
    victim = Victim(lone_world)
    wanted = {"capabilities": ["api"], "project-website": "viewer", "project-payments": ""}
    if kind == "account":
        bearer: Bearer = Account(lone_world, "audit:read")
    elif kind == "key":
        bearer = Bearer(lone_world, Owner(lone_world, "cleo").make(**wanted))
    else:
        tool = Tool(lone_world, lone_world.spa).sign_in("cleo")
        bearer = Bearer(lone_world, tool.tokens(wanted, scope="api")["access_token"])
    before = state(lone_world)
    tried = 0
    for path in addresses(lone_world, victim):
        if path.startswith(API):
            for method in METHODS:
                answer = bearer.call(method, path.removeprefix(API), json={})
                assert answer.status_code in {400, 403, 404, 405}, (method, path)
                assert "ada" not in answer.text.replace("'ada'", "")
                tried += 1
    assert tried > 40
    assert state(lone_world) == before
