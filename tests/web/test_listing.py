"""The two lists of Settings → Authorizations: rows, search, order, filters, many rows."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from sqlalchemy import insert

from app.extensions import db
from app.models import Authorization, AuthorizationProject
from tests.drivers.owner import LIST, Owner
from tests.drivers.tool import Tool
from tests.drivers.world import World

OAUTH2 = "/settings/authorizations/oauth2"
NAMES = re.compile(r'<h2><a href="/settings/authorizations/aut_\w+"><bdi>([^<]+)</bdi>')


@pytest.fixture
def owner(lone_world: World) -> Owner:
    return Owner(lone_world)


def shown(owner: Owner, query: str = "", address: str = LIST) -> list[str]:
    return NAMES.findall(owner.browser.get(f"{address}?{query}").text)


@pytest.fixture
def three(owner: Owner) -> Owner:
    """Three keys, made an hour apart; the first was used last."""
    first = owner.make(name="Alpha deploy", expires_in="86400")
    owner.world.clock.forward(seconds=60)
    owner.make(
        name="gamma backup",
        capabilities=["apps:view"],
        **{"project-payments": "", "project-website": "viewer"},
    )
    owner.world.clock.forward(seconds=60)
    owner.make(
        name="Beta deploy", capabilities=["mcp"], mcp_servers=["ledger"], **{"project-payments": ""}
    )
    owner.tool.introspect(first)
    owner.world.flush_activity()
    return owner


@pytest.mark.requirement("UI-34")
def test_a_row_says_who_what_since_when_and_in_which_state(owner: Owner) -> None:
    owner.make(
        capabilities=["mcp", "flows:edit"],
        mcp_servers=["ledger", "cms"],
        **{"project-website": "viewer"},
    )
    page = owner.browser.get(LIST).text
    for words in (
        "Nightly deploy",
        "mdtk_…",
        "Create and modify flows and use 2 MCP servers",
        "Payments (editor), Cms, Ledger",
        "not used yet",
        "20 Feb 2027",
        ">active<",
    ):
        assert words in page, words


def test_an_oauth2_row_names_the_tools_identity(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.web)
    tool.tokens({"capabilities": ["api"], "project-payments": "viewer", "name": "Weekly"})
    lone_world.execute("UPDATE clients SET registered_by = 'itself'")
    page = tool.browser.get(OAUTH2).text
    assert "Weekly" in page
    assert "Reports" in page
    assert "reports.example · registered itself, not verified" in page


def test_last_used_comes_from_introspection(three: Owner) -> None:
    page = three.browser.get(f"{LIST}?q=alpha").text
    assert 'data-label="Last used"><time datetime=' in page
    assert "not used yet" in three.browser.get(f"{LIST}?q=beta").text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Beta deploy", "gamma backup", "Alpha deploy"]),
        ("sort=name", ["Alpha deploy", "Beta deploy", "gamma backup"]),
        ("sort=used", ["Alpha deploy", "Beta deploy", "gamma backup"]),
        ("sort=ends", ["Alpha deploy", "gamma backup", "Beta deploy"]),
        ("sort=nonsense", ["Beta deploy", "gamma backup", "Alpha deploy"]),
        ("q=deploy", ["Beta deploy", "Alpha deploy"]),
        ("q=DEPLOY+alpha", ["Alpha deploy"]),
        ("q=nothing", []),
        ("project=website", ["gamma backup"]),
        ("project=payments", ["Alpha deploy"]),
        ("capability=mcp", ["Beta deploy"]),
        ("capability=mcp&project=payments", []),
        ("state=active&sort=name", ["Alpha deploy", "Beta deploy", "gamma backup"]),
        ("state=paused", []),
        ("state=%00&q=%F0%9F%92%A9", []),
        ("q=" + "x" * 5000, []),
    ],
)
def test_search_order_and_filters(three: Owner, query: str, names: list[str]) -> None:
    found = shown(three, query)
    if query == "sort=used":
        assert found[0] == "Alpha deploy"
    else:
        assert found == names


def test_every_state_is_told_and_can_be_filtered(three: Owner) -> None:
    world = three.world
    ids = {str(name): str(i) for name, i in world.execute("SELECT name, id FROM authorizations")}
    three.submit(f"/settings/authorizations/{ids['Alpha deploy']}/pause")
    three.submit(f"/settings/authorizations/{ids['Beta deploy']}/revoke")
    world.remove_member("website", "ben")
    assert shown(three, "state=paused") == ["Alpha deploy"]
    assert shown(three, "state=no+effect") == ["gamma backup"]
    assert shown(three, "state=revoked") == ["Beta deploy"]
    assert "Beta deploy" not in shown(three)
    assert "1 revoked" in three.browser.get(LIST).text
    world.clock.forward(days=1)
    three.browser.sign_in("ben")
    assert shown(three, "state=expired") == ["Alpha deploy"]


def test_the_lists_do_not_mix(three: Owner) -> None:
    three.tool.tokens()
    assert shown(three, address=OAUTH2) == ["Native tool"]
    assert "Native tool" not in shown(three)


def test_a_paused_row_says_what_it_would_do(three: Owner) -> None:
    (row,) = three.world.execute("SELECT id FROM authorizations WHERE name = 'Alpha deploy'")
    three.submit(f"/settings/authorizations/{row[0]}/pause")
    page = three.browser.get(f"{LIST}?q=alpha").text
    assert "Create and modify flows<p" in page
    assert "Payments (editor)" in page


def fill(world: World, count: int) -> None:
    """Put many Authorizations of ben's into the database, past the services."""
    (user,) = world.execute("SELECT id FROM users WHERE username = 'ben'")
    (project,) = world.execute("SELECT id FROM projects WHERE slug = 'payments'")
    common: dict[str, Any] = {
        "kind": "api_key",
        "user_id": user[0],
        "version": 1,
        "capabilities": ["api", "flows:edit"],
    }
    rows = [
        {
            **common,
            "id": f"aut_many{n:04}",
            "name": f"Key number {n:04}",
            "created_at": world.at,
            "updated_at": world.at,
        }
        for n in range(count)
    ]
    parts = [
        {"authorization_id": row["id"], "project_id": project[0], "role": "editor"} for row in rows
    ]
    with world.app.app_context():
        db.session.execute(insert(Authorization), rows)
        db.session.execute(insert(AuthorizationProject), parts)
        db.session.commit()


@pytest.mark.slow
def test_five_hundred_rows_are_shown_found_and_quick(owner: Owner) -> None:
    fill(owner.world, 500)
    assert len(shown(owner)) == 500
    assert shown(owner, "q=0123") == ["Key number 0123"]
    spans = []
    for _ in range(5):
        started = time.perf_counter()
        page = owner.browser.get(LIST)
        spans.append(time.perf_counter() - started)
    assert len(page.data) < 1_000_000
    assert min(spans) < 0.5


def test_beyond_that_the_page_says_to_search(owner: Owner) -> None:
    fill(owner.world, 501)
    assert "The first 500 are shown" in owner.browser.get(LIST).text
