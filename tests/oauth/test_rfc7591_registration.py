"""Dynamic registration (RFC 7591) and its management (RFC 7592)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from app.services import maintenance
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.registrations import GOOD, KEY, Manager, as_client, register, rules
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World


@pytest.mark.rfc("7591", "3.2.1")
@pytest.mark.requirement("RG-05", "RG-07", "RG-12")
def test_a_public_tool_registers_and_reads_what_was_stored(lone_world: World) -> None:
    answer = register(lone_world)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert {name: body[name] for name in GOOD} == GOOD
    assert "client_secret" not in body
    assert "client_secret_expires_at" not in body
    assert body["client_id_issued_at"] == int(lone_world.at.timestamp())
    assert None not in body.values()
    assert lone_world.execute("SELECT count(*) FROM clients WHERE secret_digest IS NOT NULL") == [
        (2,)
    ]


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post", None])
def test_what_was_registered_works(world: World, method: str | None) -> None:
    client = as_client(register(world, token_endpoint_auth_method=method))
    assert client.method == (method or "client_secret_basic")
    assert (client.secret is None) == (method == "none")
    tool = Tool(world, client)
    tokens = tool.tokens()
    assert tool.is_active(tokens["access_token"])
    assert tool.refresh(tokens["refresh_token"]).status_code == 200


def test_a_tool_that_named_no_method_may_send_its_secret_in_either_way(lone_world: World) -> None:
    """openid-client sends it in the body when it registered without naming a method."""
    found = register(lone_world, token_endpoint_auth_method=None).get_json()
    assert found["token_endpoint_auth_method"] == "client_secret_basic"
    for method in ("client_secret_basic", "client_secret_post"):
        client = Registered(
            found["client_id"], found["client_secret"], method, GOOD["redirect_uris"][0]
        )
        assert Tool(lone_world, client).tokens()
    bare = Registered(found["client_id"], None, "none", GOOD["redirect_uris"][0])
    refused = Tool(lone_world, bare).refresh("x")
    assert refused.get_json()["error"] == "invalid_client"


@pytest.mark.parametrize("named", ["client_secret_basic", "client_secret_post"])
def test_a_tool_that_named_a_method_is_held_to_it(lone_world: World, named: str) -> None:
    found = register(lone_world, token_endpoint_auth_method=named).get_json()
    for method in ("client_secret_basic", "client_secret_post"):
        client = Registered(
            found["client_id"], found["client_secret"], method, GOOD["redirect_uris"][0]
        )
        answer = Tool(lone_world, client).refresh("x").get_json()
        assert answer["error"] == ("invalid_grant" if method == named else "invalid_client")


def test_the_page_says_that_the_tool_registered_itself(lone_world: World) -> None:
    tool = Tool(lone_world, as_client(register(lone_world, client_name="<b>Claude</b>"))).sign_in()
    _, page = tool.consent_page()
    assert "it registered itself; its name may be false" in page.text
    assert "<b>Claude" not in page.text
    assert "&lt;b&gt;Claude&lt;/b&gt;" in page.text


BAD_URIS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://x/%0aalert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://x.example/1",
    "about:blank",
    "\thttps://x.example/cb",
    " https://x.example/cb",
    "http://evil.example/cb",
    "https://x.example/cb#",
    "https://x.example/cb#f",
    "https://u:p@x.example/cb",
    "https://*.example/cb",
    "/cb",
    "cb",
    "",
    "https://x.example/../cb",
    "https://x.example/%2e%2e/cb",
    "https://x.example/a/%2E/cb",
    "https://x.example/a/./cb",
    "myapp:/cb",
    "cursor://anysphere/cb",
    "https:///cb",
    "https://x.example/cb?code=1",
    "https://x.example:0/cb",
    "https://x.example:99999/cb",
    "https://x.example/cb?%63ode=1",
    "https://x.example/cb?a=1;st%61te=2",
    "http://127.0.0.1.evil.example/cb",
    "http://127.0.0.1@evil.example/cb",
    "http://0x7f.1/cb",
    "https://x.example\\@y.example/cb",
    "https://x.example/cb\x00",
    "https://x.example/\u202ecb",
    "com.example:8080:x\n",
]


@pytest.mark.rfc("7591", "3.2.2")
@pytest.mark.requirement("RG-02", "RG-03", "RG-04", "RG-14")
@pytest.mark.parametrize("uri", BAD_URIS)
def test_a_redirect_uri_that_may_not_be_is_refused(lone_world: World, uri: str) -> None:
    answer = register(lone_world, redirect_uris=["https://good.example/cb", uri])
    assert answer.status_code == 400
    expected = "invalid_client_metadata" if "\x00" in uri else "invalid_redirect_uri"
    assert answer.get_json()["error"] == expected


@pytest.mark.requirement("RG-04", "RG-05")
@pytest.mark.parametrize(
    "uri",
    [
        "com.example.app:/cb",
        "http://[::1]/cb",
        "http://localhost:3030/callback",
        "http://127.0.0.1:33418/",
        "https://claude.ai/api/mcp/auth_callback",
    ],
)
def test_a_redirect_uri_that_real_tools_use_is_taken(lone_world: World, uri: str) -> None:
    assert register(lone_world, redirect_uris=[uri]).status_code == 201


def test_a_scheme_without_a_dot_is_taken_where_the_operator_allows_it(lone_world: World) -> None:
    uri = "cursor://anysphere.cursor-mcp/oauth/callback"
    assert register(lone_world, redirect_uris=[uri]).status_code == 400
    rules(lone_world, schemes=frozenset({"cursor"}))
    client = as_client(register(lone_world, redirect_uris=[uri], application_type="web"))
    assert register(lone_world, redirect_uris=["other://x/cb"]).status_code == 400
    tool = Tool(lone_world, client).sign_in()
    _, page = tool.consent_page()
    assert "<code>cursor:</code> an application on this computer" in page.text
    assert "This goes to a program on this computer." in page.text
    assert tool.decide().startswith(uri + "?")


BAD_KEYS: tuple[Any, ...] = (
    {"keys": [{"kty": []}]},
    {"keys": [{"kty": {}}]},
    {"keys": [{**KEY, "x": 10**30}]},
    {"keys": [{**KEY, "x": [[[[[[[[[]]]]]]]]]}]},
    "x",
    [1],
    5,
    {},
    {"keys": []},
    {"keys": [1]},
    {"keys": [{}]},
    {"keys": [{"kty": "oct", "k": "AA"}]},
    {"keys": [{**KEY, "d": "x"}]},
    {"keys": [KEY] * 11},
)
ODD: list[Any] = [
    [],
    "x",
    5,
    True,
    [GOOD],
    {},
    {"redirect_uris": []},
    *(
        {**GOOD, name: value}
        for name in (
            "client_name",
            "scope",
            "token_endpoint_auth_method",
            "client_uri",
            "logo_uri",
            "jwks_uri",
            "software_id",
        )
        for value in (5, ["a"], {"a": 1}, True, 1.5, "\ud800", "\x00", "x" * 2001)
    ),
    *(
        {**GOOD, name: value}
        for name in ("redirect_uris", "grant_types", "response_types", "contacts")
        for value in (5, "x", {"a": 1}, [1], [None], [["a"]], ["\ud800"], ["x"] * 51, True)
    ),
    *({**GOOD, "jwks": jwks} for jwks in BAD_KEYS),
    {**GOOD, "jwks": {"keys": [KEY]}, "jwks_uri": "https://keys.example/jwks"},
    {**GOOD, "jwks_uri": "http://keys.example/jwks"},
    {**GOOD, "token_endpoint_auth_method": "private_key_jwt"},
    {**GOOD, "token_endpoint_auth_method": "client_secret_jwt"},
    {**GOOD, "token_endpoint_auth_method": "tls_client_auth"},
    {**GOOD, "token_endpoint_auth_method": "client_secret"},
    {**GOOD, "grant_types": ["password"]},
    {**GOOD, "grant_types": ["authorization_code", "implicit"]},
    {**GOOD, "grant_types": ["refresh_token"]},
    {**GOOD, "grant_types": ["client_credentials"]},
    {**GOOD, "response_types": ["token"]},
    {**GOOD, "response_types": ["code", "code token"]},
    {**GOOD, "client_uri": "foo"},
    {**GOOD, "client_uri": "javascript:alert(1)"},
    {**GOOD, "policy_uri": "/x"},
    {**GOOD, "client_name": "a\u202eb"},
    {**GOOD, "client_name": "x" * 201},
    {**GOOD, "client_name": "\u200d\u200c"},
]


@pytest.mark.rfc("7591", "3.2.2")
@pytest.mark.requirement("RG-08", "RG-10", "RG-14", "XC-01")
def test_nothing_that_json_can_say_is_an_error_of_ours(lone_world: World) -> None:
    for body in ODD:
        answer = register(lone_world, body)
        assert answer.status_code == 400, body
        assert answer.get_json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri"), (
            body
        )
        assert answer.headers["Cache-Control"] == "no-store"
    assert lone_world.execute("SELECT count(*) FROM clients WHERE registered_by = 'itself'") == [
        (0,)
    ]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 30_000, "application/json"),
        (b'{"a":' * 5_000, "application/json"),
        (b"1" * 5_000, "application/json"),
        (b"a=b", "application/x-www-form-urlencoded"),
        (json.dumps(GOOD).encode(), "text/plain"),
        (json.dumps(GOOD).encode("utf-16"), "application/json"),
        (b"NaN", "application/json"),
        (b'{"x":1e999}', "application/json"),
        (b'{"x":-Infinity}', "application/json"),
        (b'{"x":' + b"9" * 30 + b"}", "application/json"),
    ],
)
def test_a_body_that_is_no_json_is_refused_as_json(
    lone_world: World, data: bytes, kind: str
) -> None:
    answer = lone_world.app.test_client().post("/oauth/register", data=data, content_type=kind)
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_client_metadata"


def test_a_body_that_is_too_long_is_refused(lone_world: World) -> None:
    answer = register(lone_world, extra="x" * 70_000)
    assert answer.status_code == 413
    assert answer.mimetype == "application/json"


@pytest.mark.rfc("7591", "3.2.2")
@pytest.mark.requirement("RG-14")
def test_a_software_statement_is_refused_by_its_own_code(lone_world: World) -> None:
    answer = register(lone_world, software_statement="a.b.c")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_software_statement")


@pytest.mark.parametrize(
    "name", ["دستیار می\u200cنویسد", "👩\u200d💻 Coder", "Ünïcödé", "  two   spaces "]
)
def test_names_of_every_script_are_taken(lone_world: World, name: str) -> None:
    answer = register(lone_world, client_name=name)
    assert answer.get_json()["client_name"] == " ".join(name.split())


@pytest.mark.rfc("7591", "2")
def test_null_and_what_is_unknown_are_left_out(lone_world: World) -> None:
    body = register(
        lone_world,
        {
            **GOOD,
            "client_uri": None,
            "logo_uri": None,
            "scope": None,
            "tos_uri": "",
            "resource": "x",
            "made_up": {"a": [1]},
        },
    ).get_json()
    assert not {"client_uri", "logo_uri", "scope", "tos_uri", "resource", "made_up"} & set(body)


def test_what_real_tools_send_beside_is_kept_or_filtered(lone_world: World) -> None:
    body = register(
        lone_world,
        scope="openid api offline_access flows:edit",
        grant_types=[
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "client_credentials",
        ],
        application_type="native",
        software_id="vscode",
        software_version="1.2",
        client_uri="https://tool.example",
        contacts=["a@tool.example"],
    ).get_json()
    assert body["scope"] == "api flows:edit"
    assert body["grant_types"][-1].endswith("device_code")
    assert "client_credentials" not in body["grant_types"]
    assert (body["application_type"], body["software_id"], body["contacts"]) == (
        "native",
        "vscode",
        ["a@tool.example"],
    )


def test_a_tool_that_names_no_grant_types_may_refresh(lone_world: World) -> None:
    answer = register(lone_world, grant_types=None, response_types=None)
    assert answer.get_json()["grant_types"] == ["authorization_code", "refresh_token"]
    assert answer.get_json()["response_types"] == ["code"]
    assert "refresh_token" in Tool(lone_world, as_client(answer)).tokens()


def test_the_registered_scope_does_not_bound_what_is_asked_later(lone_world: World) -> None:
    tool = Tool(lone_world, as_client(register(lone_world, scope="api"))).sign_in()
    _, page = tool.consent_page(scope="api flows:edit mcp offline_access")
    assert page.status_code == 200


@pytest.mark.requirement("RG-01")
def test_one_address_registers_so_many_an_hour(lone_world: World, clock: Clock) -> None:
    rules(lone_world, per_hour=3)
    assert [register(lone_world).status_code for _ in range(5)] == [201, 201, 201, 429, 429]
    refused = register(lone_world)
    assert refused.get_json()["error"] == "temporarily_unavailable"
    assert register(lone_world, redirect_uris=["javascript:x"]).status_code == 400
    assert int(refused.headers["Retry-After"]) > 0
    other = lone_world.app.test_client().post(
        "/oauth/register", json=GOOD, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert other.status_code == 201
    clock.forward(hours=1, seconds=1)
    assert register(lone_world).status_code == 201


@pytest.fixture
def guarded(lone_database: Prepared, clock: Clock) -> Iterator[World]:
    yield from running_world(
        lone_database,
        clock,
        MANDATE_REGISTRATION="token",
        MANDATE_REGISTRATION_TOKEN="initial-access-token-0123456789-abc",
    )


@pytest.mark.rfc("7591", "3")
@pytest.mark.requirement("RG-01")
def test_an_initial_access_token_can_be_asked_for(guarded: World) -> None:
    http = guarded.app.test_client()
    for header in (None, "Bearer wrong", "Basic initial-access-token-0123456789-abc", "Bearer "):
        headers = {"Authorization": header} if header else {}
        answer = http.post("/oauth/register", json=GOOD, headers=headers)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    good = {"Authorization": "Bearer initial-access-token-0123456789-abc"}
    assert http.post("/oauth/register", json=GOOD, headers=good).status_code == 201


def test_one_host_is_one_address_in_every_notation(lone_world: World) -> None:
    rules(lone_world, per_hour=1)
    http = lone_world.app.test_client()
    found = [
        http.post("/oauth/register", json=GOOD, environ_overrides={"REMOTE_ADDR": a}).status_code
        for a in (
            "192.0.2.1",
            "::ffff:192.0.2.1",
            "192.0.2.1:55",
            "192.0.2.2",
            "2001:db8::1",
            "2001:db8::2",
            "[2001:db8::3]:55",
            "unix",
        )
    ]
    assert found == [201, 429, 429, 201, 201, 429, 429, 201]


@pytest.mark.parametrize("address", ["2001:db8:1:{:x}::1", "192.0.2.{}"])
def test_a_customer_with_many_addresses_has_ten_times_the_turns(
    lone_world: World, address: str
) -> None:
    rules(lone_world, per_hour=1)
    http = lone_world.app.test_client()
    found = [
        http.post(
            "/oauth/register", json=GOOD, environ_overrides={"REMOTE_ADDR": address.format(number)}
        ).status_code
        for number in range(1, 13)
    ]
    assert found == [201] * 10 + [429] * 2


def test_changing_and_ending_registrations_leaves_no_heap(lone_world: World) -> None:
    manager = Manager(lone_world)
    statuses = [manager.put().status_code for _ in range(25)]
    assert statuses == [200] * 20 + [429] * 5
    assert manager.call("DELETE").status_code == 204
    assert lone_world.execute(
        "SELECT count(*) FROM audit_events "
        "WHERE kind IN ('client.registered', 'client.updated', 'client.removed')"
    ) == [(0,)]


def test_registration_can_be_off(lone_world: World) -> None:
    metadata = "/.well-known/oauth-authorization-server"
    http = lone_world.app.test_client()
    assert "registration_endpoint" in http.get(metadata).get_json()
    rules(lone_world, mode="off")
    assert "registration_endpoint" not in http.get(metadata).get_json()
    assert register(lone_world).status_code == 404


@pytest.mark.requirement("RG-21")
def test_unused_registrations_go_and_used_ones_stay(world: World, clock: Clock) -> None:
    unused, used = register(world).get_json(), as_client(register(world))
    tool = Tool(world, used)
    tool.tokens()
    clock.forward(days=29)
    with world.app.app_context():
        assert maintenance.clean_up(at=clock.at)["clients"] == 0
    clock.forward(days=2)
    with world.app.app_context():
        assert maintenance.clean_up(at=clock.at)["clients"] == 1
    tool.signed_in = False
    assert tool.sign_in().authorize().status_code == 303
    answer = tool.authorize(client_id=unused["client_id"])
    assert answer.status_code == 400
    assert "registration is gone" in answer.text
    assert [e.detail["count"] for e in world.audit("client.purged")] == [1]
    assert {e.subject for e in world.audit("client.registered")} == {used.client_id}


@pytest.mark.requirement("RG-21")
def test_a_flood_stays_below_the_ceiling_and_shuts_nobody_out(
    lone_world: World, clock: Clock
) -> None:
    rules(lone_world, per_hour=10_000, ceiling=20)
    statuses = [register(lone_world).status_code for _ in range(25)]
    assert statuses == [201] * 20 + [503] * 5
    clock.forward(hours=1, seconds=1)
    assert register(lone_world).status_code == 201
    rows = lone_world.execute("SELECT identifier FROM clients WHERE registered_by = 'itself'")
    assert len(rows) <= 20


@pytest.mark.requirement("RG-21")
@pytest.mark.slow
def test_a_purge_and_an_approval_do_not_cross(world: World, clock: Clock) -> None:
    """Whatever comes first, an approved client stays and a purged one is not approved."""
    for _ in range(6):
        client = as_client(register(world))
        tool = Tool(world, client).sign_in("ben")
        address, page = tool.consent_page()
        world.execute(
            f"UPDATE clients SET removable_at = created_at WHERE identifier = '{client.client_id}'"
        )
        clock.forward(seconds=1)

        def purge() -> None:
            with world.app.app_context():
                maintenance.clean_up(at=clock.at)

        thread = threading.Thread(target=purge)
        thread.start()
        answer = tool.browser.submit(
            page,
            address,
            decision="approve",
            capabilities=["api"],
            **{"project-payments": "editor"},
        )
        thread.join()
        kept = world.execute(
            f"SELECT count(*) FROM clients WHERE identifier = '{client.client_id}'"
        )
        assert (answer.status_code, kept) in ((303, [(1,)]), (404, [(0,)]), (409, [(0,)]))


@pytest.mark.slow
@pytest.mark.requirement("RG-21")
def test_a_purge_that_waits_for_an_approval_leaves_its_client(world: World, clock: Clock) -> None:
    """On PostgreSQL the purge has chosen the row already when the approval commits."""
    client = as_client(register(world))
    clock.forward(days=31)
    removed: list[int] = []

    def purge() -> None:
        with world.app.app_context():
            removed.append(maintenance.clean_up(at=clock.at)["clients"])

    thread = threading.Thread(target=purge)
    with world.app.app_context(), db.engine.connect() as approving:
        approving.execute(
            text("UPDATE clients SET removable_at = NULL WHERE registered_by = 'itself'")
        )
        thread.start()
        thread.join(0.5)
        approving.commit()
    thread.join()
    assert removed == [0]
    assert Tool(world, client).sign_in().authorize().status_code == 303


@pytest.mark.rfc("7592", "2")
def test_a_registration_can_be_read_replaced_and_ended(lone_world: World) -> None:
    manager = Manager(lone_world, client_uri="https://tool.example")
    assert manager.call("GET").get_json() == manager.body
    replaced = manager.put(client_name="Renamed", redirect_uris=["https://tool.example/new"])
    assert replaced.status_code == 200
    assert replaced.get_json()["client_name"] == "Renamed"
    assert "client_uri" not in replaced.get_json()
    assert manager.call("GET").get_json() == replaced.get_json()
    ended = manager.call("DELETE")
    assert (ended.status_code, ended.data) == (204, b"")
    assert manager.call("GET").status_code == 401
    assert lone_world.execute("SELECT count(*) FROM clients WHERE registered_by = 'itself'") == [
        (0,)
    ]


@pytest.mark.rfc("7592", "2")
@pytest.mark.requirement("RG-15")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_management_needs_the_token_of_this_registration(lone_world: World, method: str) -> None:
    manager, other = Manager(lone_world), Manager(lone_world)
    foreign = other.body["registration_access_token"]
    for token in ("", "x", foreign, manager.body["registration_access_token"][:-1]):
        answer = manager.call(method, token, json=GOOD)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert manager.call("GET").get_json() == manager.body


@pytest.mark.rfc("7592", "2.2")
def test_a_replacement_is_judged_like_a_registration(lone_world: World) -> None:
    manager = Manager(lone_world)
    for bad in (
        {"redirect_uris": ["javascript:alert(1)"]},
        {"client_id": "other"},
        {"client_id": None},
        {"client_secret": "x"},
        {"registration_access_token": "x"},
        {"client_id_issued_at": 1},
        {"grant_types": ["password"]},
    ):
        assert manager.put(**bad).status_code == 400, bad
    assert manager.call("GET").get_json() == manager.body


def test_a_secret_comes_and_goes_with_the_method(lone_world: World) -> None:
    manager = Manager(lone_world)
    secret = manager.put(token_endpoint_auth_method="client_secret_basic").get_json()[
        "client_secret"
    ]
    again = manager.put(token_endpoint_auth_method="client_secret_post", client_secret=secret)
    assert "client_secret" not in again.get_json()
    client = Registered(
        manager.body["client_id"], secret, "client_secret_post", GOOD["redirect_uris"][0]
    )
    assert Tool(lone_world, client).tokens()
    manager.put(token_endpoint_auth_method="none")
    assert "client_secret" not in manager.call("GET").get_json()
    refused = Tool(lone_world, client).post(
        "/oauth/token", {"grant_type": "refresh_token", "refresh_token": "x"}
    )
    assert refused.get_json()["error"] == "invalid_client"


@pytest.mark.requirement("RG-17")
def test_a_disabled_client_cannot_be_managed_nor_revived(lone_world: World, clock: Clock) -> None:
    manager = Manager(lone_world)
    client = Registered(manager.body["client_id"], None, "none", GOOD["redirect_uris"][0])
    lone_world.disable_client(client)
    for method in ("GET", "PUT", "DELETE"):
        assert manager.call(method, json=GOOD).status_code == 401
    clock.forward(days=400)
    with lone_world.app.app_context():
        maintenance.clean_up(at=clock.at)
    assert lone_world.execute("SELECT count(*) FROM clients WHERE disabled_at IS NOT NULL") == [
        (1,)
    ]


@pytest.mark.rfc("7592", "2.3")
def test_ending_a_used_registration_stops_its_tokens_and_keeps_the_history(world: World) -> None:
    manager = Manager(world)
    tool = Tool(
        world, Registered(manager.body["client_id"], None, "none", GOOD["redirect_uris"][0])
    )
    token = tool.tokens()["access_token"]
    assert manager.call("DELETE").status_code == 204
    assert not tool.is_active(token)
    assert world.execute("SELECT count(*) FROM authorizations") == [(1,)]
    assert manager.call("GET").status_code == 401


@pytest.mark.requirement("RG-18")
def test_after_a_change_of_redirect_uris_only_the_new_ones_work(lone_world: World) -> None:
    manager = Manager(lone_world)
    old = Registered(manager.body["client_id"], None, "none", GOOD["redirect_uris"][0])
    tool = Tool(lone_world, old)
    tool.tokens()
    manager.put(redirect_uris=["https://tool.example/new"], client_name="Other")
    assert tool.authorize().status_code == 400
    _, page = tool.consent_page(redirect_uri="https://tool.example/new")
    assert "Other" in page.text


@pytest.mark.requirement("RG-11")
def test_registering_fetches_nothing(lone_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> list[str]:
        raise AssertionError("something was fetched")

    from app.runtime.current import FETCHER

    lone_world.app.extensions[FETCHER].resolver = never
    urls = dict.fromkeys(("logo_uri", "client_uri", "tos_uri"), "https://internal.example/x")
    client = register(lone_world, **urls, jwks_uri="https://internal.example/jwks")
    assert client.status_code == 201
    tool = Tool(lone_world, as_client(client)).sign_in()
    _, page = tool.consent_page()
    assert "internal.example" not in page.text


def test_browsers_of_other_origins_may_register(lone_world: World) -> None:
    http = lone_world.app.test_client()
    ask = {"Origin": "https://inspector.example", "Access-Control-Request-Method": "POST"}
    preflight = http.options("/oauth/register", headers=ask)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "content-type" in preflight.headers["Access-Control-Allow-Headers"]
    assert register(lone_world).headers["Access-Control-Allow-Origin"] == "*"
