"""What the services promise beside the wire: transactions, lists, housekeeping, live bounds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.database import schema
from app.database.transactions import reading, writing
from app.domain.credentials.secrets import digest
from app.domain.errors import (
    AlreadyAnswered,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Throttled,
    Unavailable,
)
from app.domain.lifetimes import Lifetimes
from app.models import User
from app.services import maintenance, throttle
from app.services.authorizations import lifecycle, listing
from app.services.clients import clients, resource_servers
from app.services.consent.answer import answer
from app.services.consent.requests import Approver
from app.services.directory import audiences, mcp_servers, projects, users
from tests.drivers.tool import USUAL, Browser, Tool
from tests.drivers.world import MCP, PASSWORD, World


def test_transactions_do_not_nest(world: World) -> None:
    with world.app.app_context(), writing():
        with pytest.raises(RuntimeError), reading():
            pass
        with pytest.raises(RuntimeError), writing():
            pass


@pytest.mark.requirement("XC-14")
def test_a_failed_write_leaves_nothing(world: World) -> None:
    def spoil() -> None:
        with writing() as session:
            session.execute(text("DELETE FROM memberships"))
            raise ValueError("stop")

    with world.app.app_context():
        with pytest.raises(ValueError, match="stop"):
            spoil()
        with reading() as session:
            assert session.scalar(text("SELECT count(*) FROM memberships")) == 8


def test_a_database_that_is_away_is_unavailable(lone_world: World) -> None:
    with lone_world.app.app_context(), pytest.raises(Unavailable) as refusal, reading() as session:
        session.execute(text("SELECT * FROM nowhere"))
    assert "nowhere" not in refusal.value.public


@pytest.mark.parametrize(
    ("name", "email", "password", "error"),
    [
        ("ben", "new@example.org", None, Conflict),
        ("BEN", "new@example.org", None, Conflict),
        ("new", "Ben@Example.org", None, Conflict),
        ("", "new@example.org", None, Invalid),
        ("a@b", "new@example.org", None, Invalid),
        ("x" * 201, "new@example.org", None, Invalid),
        ("a\nb", "new@example.org", None, Invalid),
        ("new", "nonsense", None, Invalid),
        ("new", "a b@c.d", None, Invalid),
        ("new", "new@example.org", "short", Invalid),
    ],
)
def test_a_user_that_cannot_be_added_is_refused(
    world: World, name: str, email: str, password: str | None, error: type[Exception]
) -> None:
    with world.app.app_context(), pytest.raises(error):
        users.add(
            name,
            email=email,
            password=password or PASSWORD,
            is_admin=False,
            at=world.at,
            actor="test",
        )


def test_names_are_one_in_every_spelling(world: World) -> None:
    with world.app.app_context(), reading() as session:
        ids = {
            users.require(session, n).id
            for n in ("ben", "BEN", "ben@example.org", "Ben@EXAMPLE.org ")
        }
        assert len(ids) == 1
        assert session.scalar(select(User.username).where(User.id.in_(ids))) == "ben"


def test_projects_members_and_servers_are_checked(world: World) -> None:
    at, actor = world.at, "test"
    with world.app.app_context():
        for slug in ("Payments", "a b", "", "-x", "x" * 81, "é"):
            with pytest.raises(Invalid):
                projects.add(slug, name="x", at=at, actor=actor)
        with pytest.raises(Conflict):
            projects.add("payments", name="x", at=at, actor=actor)
        with pytest.raises(Invalid):
            projects.set_member(
                "payments", "ben", "king", catalog=world.catalog, at=at, actor=actor
            )
        with pytest.raises(NotFound):
            projects.set_member(
                "nowhere", "ben", "viewer", catalog=world.catalog, at=at, actor=actor
            )
        with pytest.raises(NotFound):
            projects.remove_member("sandbox", "ben", at=at, actor=actor)
        with pytest.raises(NotFound):
            mcp_servers.remove_server("nowhere", at=at, actor=actor)
        for url in ("nonsense", "ftp://x/", "https://x/#f"):
            with pytest.raises(Invalid):
                mcp_servers.add_server(
                    "new", project="payments", url=url, name="x", at=at, actor=actor
                )
        for identifier, url in (
            ("ledger", "https://x/"),
            ("new", f"{MCP}/ledger".replace("http", "HTTP")),
        ):
            with pytest.raises(Conflict):
                mcp_servers.add_server(
                    identifier, project="payments", url=url, name="x", at=at, actor=actor
                )


def test_clients_and_resource_servers_are_checked(world: World) -> None:
    with world.app.app_context():
        for uris, method, more in (
            ([], "none", {}),
            (["http://x.example/"], "none", {}),
            (["https://x/"], "private_key_jwt", {}),
            (["https://x/"], "none", {"grant_types": ["password"]}),
            (["https://x/"], "none", {"capabilities": ["root"]}),
        ):
            with pytest.raises(Invalid):
                clients.add_client(
                    "x",
                    redirect_uris=uris,
                    auth_method=method,
                    catalog=world.catalog,
                    at=world.at,
                    actor="t",
                    **more,
                )
        with pytest.raises(Conflict):
            resource_servers.add_resource_server(
                "api",
                audience="https://x/",
                auth_method="client_secret_basic",
                at=world.at,
                actor="t",
            )
        with pytest.raises(NotFound):
            clients.disable_client("nope", at=world.at, actor="t")


def test_resources_are_recognised_in_any_form(world: World) -> None:
    default = "http://127.0.0.1:8001/api"
    with world.app.app_context():
        assert [a.uri for a in audiences.recognise([], default=default)] == [default]
        found = audiences.recognise(
            ["HTTP://127.0.0.1:8001/mcp/ledger", f"{MCP}/ledger", MCP], default=default
        )
        assert [(a.uri, a.mcp_server) for a in found] == [(f"{MCP}/ledger", "ledger"), (MCP, None)]


def test_the_list_says_the_state_of_each_authorization(world: World) -> None:
    tool = Tool(world, world.native)
    tool.tokens({**USUAL, "expires_in": "3600"})

    def state() -> str:
        with world.app.app_context():
            return listing.of_everyone("ben", catalog=world.catalog, at=world.at)[0].state

    assert state() == "active"
    world.remove_member("payments", "ben")
    assert state() == "no effect"
    world.set_member("payments", "ben", "editor")
    world.execute("UPDATE authorizations SET paused_at = created_at")
    assert state() == "paused"
    world.clock.forward(hours=1)
    assert state() == "expired"
    world.execute("UPDATE authorizations SET revoked_at = created_at")
    assert state() == "revoked"
    with world.app.app_context():
        assert len(listing.of_everyone(None, catalog=world.catalog, at=world.at)) == 1
        with pytest.raises(NotFound):
            listing.of_everyone("nobody", catalog=world.catalog, at=world.at)
        with pytest.raises(NotFound):
            lifecycle.revoke("aut_nope", owner=None, actor="cli", at=world.at)


def test_counters_restart_after_their_window(world: World) -> None:
    rule = throttle.Rule("test", limit=3, window=60)
    with world.app.app_context():
        for _ in range(3):
            throttle.check(rule, "x", at=world.at)
            throttle.spend(rule, "x", at=world.at)
        with pytest.raises(Throttled):
            throttle.check(rule, "x", at=world.at)
        with pytest.raises(Throttled) as refusal:
            throttle.spend(rule, "x", at=world.at + timedelta(seconds=59))
        assert refusal.value.retry_after == 2
        throttle.spend(rule, "y", at=world.at)
        throttle.spend(rule, "x", at=world.at + timedelta(seconds=60))


def test_cleaning_up_removes_what_is_over(world: World) -> None:
    tool = Tool(world, world.native)
    tool.tokens()
    tool.decide("deny")
    Browser(world).sign_in("nobody", "wrong")
    with world.app.app_context():
        assert set(maintenance.clean_up(at=world.at + timedelta(hours=1)).values()) == {0}
        removed = maintenance.clean_up(at=world.at + timedelta(days=200))
    assert removed == {
        "authorization_codes": 1,
        "access_tokens": 1,
        "sessions": 1,
        "authorization_requests": 2,
        "browser_sessions": 1,
        "failure_counts": 2,
        "activities": 0,
        "clients": 0,
        "claims": 0,
        "device_codes": 0,
    }
    assert world.execute("SELECT count(*) FROM authorizations") == [(1,)]


def test_the_schema_is_current_after_the_migrations(world: World) -> None:
    with world.app.app_context():
        schema.require_current()
        assert schema.current_revision() == schema.required_revision()


def test_every_use_case_leaves_its_event(world: World) -> None:
    tool = Tool(world, world.native)
    tokens = tool.tokens()
    tool.refresh(tokens["refresh_token"])
    tool.revoke(tokens["refresh_token"])
    kinds = [row[0] for row in world.execute("SELECT kind FROM audit_events ORDER BY number")]
    assert kinds[-6:] == [
        "user.signed_in",
        "authorization.approved",
        "code.issued",
        "session.started",
        "session.refreshed",
        "session.ended",
    ]


def test_a_pending_request_is_answered_by_the_user_who_decided_only(world: World) -> None:
    tool = Tool(world, world.native).sign_in()
    address, page = tool.consent_page()
    tool.browser.submit(page, address, decision="approve", **USUAL)
    request_id = address.rsplit("/", 1)[1]
    ids = {str(row[0]): str(row[1]) for row in world.execute("SELECT username, id FROM users")}
    lifetimes = Lifetimes()
    world.execute(f"UPDATE authorization_requests SET browser_digest = '{digest('key')}'")
    late = world.at + timedelta(seconds=lifetimes.pending_request)
    with world.app.app_context():
        for approver, at, refusal in (
            (Approver(ids["ada"], "key"), world.at, Forbidden),
            (Approver(ids["ben"], "another key"), world.at, Forbidden),
            (Approver(ids["ben"], None), world.at, Forbidden),
            (Approver(ids["ben"], "key"), late, NotFound),
        ):
            with pytest.raises(refusal):
                answer(request_id, approver, lifetimes=lifetimes, at=at)
        own = Approver(ids["ben"], "key")
        assert answer(request_id, own, lifetimes=lifetimes, at=world.at).code
        with pytest.raises(AlreadyAnswered):
            answer(request_id, own, lifetimes=lifetimes, at=world.at)
    assert world.execute("SELECT count(*) FROM authorization_codes") == [(1,)]
