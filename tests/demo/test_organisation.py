"""The organisation of a demo: the facts in its `demo.json`, and moving it to another port."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.database.transactions import reading
from app.demo.addresses import Addresses
from app.demo.demo_json import Demo, moved, tool_of, under
from app.demo.organisation.company import company
from app.demo.organisation.seed import repoint
from app.domain.resources import covers
from app.models import ClientSession
from app.services.clients import clients
from app.services.directory import audiences, mcp_servers
from tests.drivers.demo_stage import Stage

ELSEWHERE = Addresses(4_000)


def test_everything_that_the_contract_promises_is_there(stage: Stage) -> None:
    demo = stage.demo
    maya, jonas, lena = demo["users"]
    slugs = {p["slug"] for p in demo["projects"]}
    assert maya["admin"]
    assert maya["roles"] == dict.fromkeys(slugs, "admin")
    assert set(jonas["roles"].values()) == {"viewer", "editor", "admin"}
    assert set(jonas["roles"]) < slugs
    assert list(lena["roles"].values()) == ["viewer"]
    assert len(slugs) == 4
    assert len(demo["mcp_servers"]) == 5
    assert {s["project"] for s in demo["mcp_servers"]} == slugs


def test_the_resource_servers_cover_what_they_stand_for(stage: Stage) -> None:
    api, mcp = stage.demo["resource_servers"]
    assert (api["client_id"], api["audience"]) == ("api", stage.addresses.api)
    assert all(covers(mcp["audience"], s["url"]) for s in stage.demo["mcp_servers"])
    assert not covers(mcp["audience"], api["audience"])


def test_there_is_a_client_of_every_kind(stage: Stage) -> None:
    native, web, public, tool = stage.demo["clients"]
    assert native["redirect_uris"] == ["http://127.0.0.1/callback"]
    assert web["token_endpoint_auth_method"] == "client_secret_basic"
    assert web["client_secret"].startswith("mdts_")
    assert public["redirect_uris"][0].startswith("https://")
    assert tool["redirect_uris"] == [f"{stage.demo['tool']}/callback"]
    assert "client_secret" not in native
    assert "client_secret" not in public
    assert "null" not in json.dumps(stage.demo)


def test_passwords_are_long_and_none_is_in_the_code(stage: Stage) -> None:
    passwords = {u["password"] for u in stage.demo["users"]}
    assert len(passwords) == 3
    assert all(len(p) >= 15 for p in passwords)
    assert "password" not in repr(company())


@pytest.fixture
def moved_demo(stage: Stage) -> Iterator[Demo]:
    """The demo at other addresses, in the database too, and back again afterwards."""
    after = moved(stage.demo, ELSEWHERE)
    with stage.app.app_context():
        repoint(stage.demo, after)
        yield after
        repoint(after, stage.demo)


def test_a_move_changes_every_address_of_ours_and_nothing_else(moved_demo: Demo) -> None:
    assert moved_demo["issuer"] == "http://127.0.0.1:4000"
    audiences = {s["audience"] for s in moved_demo["resource_servers"]}
    assert audiences == {ELSEWHERE.api, ELSEWHERE.mcp}
    urls = {s.identifier: s.url for s in mcp_servers.servers()}
    assert urls == {name: ELSEWHERE.mcp_server(name) for name in urls}
    assert urls == {s["identifier"]: s["url"] for s in moved_demo["mcp_servers"]}
    tools = {t.identifier: list(t.redirect_uris) for t in clients.clients()}
    assert tools == {c["client_id"]: c["redirect_uris"] for c in moved_demo["clients"]}
    assert tool_of(moved_demo)["redirect_uris"] == [ELSEWHERE.tool_redirect_uri]
    assert ["http://127.0.0.1/callback"] in tools.values()


def test_after_a_move_tokens_are_asked_for_at_the_new_addresses(moved_demo: Demo) -> None:
    urls = [s["url"] for s in moved_demo["mcp_servers"]]
    asked = [*urls, *(s["audience"] for s in moved_demo["resource_servers"])]
    found = audiences.recognise(asked, default=moved_demo["resource_servers"][0]["audience"])
    assert [audience.uri for audience in found] == asked


def test_a_move_keeps_people_and_secrets(stage: Stage, moved_demo: Demo) -> None:
    assert moved_demo["users"] == stage.demo["users"]
    secrets = [[c.get("client_secret") for c in d["clients"]] for d in (stage.demo, moved_demo)]
    assert secrets[0] == secrets[1]


def test_a_move_takes_the_sessions_of_clients_along(stage: Stage) -> None:
    stage.token()
    after = moved(stage.demo, ELSEWHERE)
    with stage.app.app_context():
        repoint(stage.demo, after)
        with reading() as session:
            assert [ELSEWHERE.api] in session.scalars(select(ClientSession.resources)).all()
        repoint(after, stage.demo)


def test_only_what_lies_below_an_address_moves() -> None:
    assert under("http://h:80/a", "http://h:80", "http://h:90") == "http://h:90/a"
    assert under("http://h:8080/a", "http://h:80", "http://h:90") == "http://h:8080/a"
