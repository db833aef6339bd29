"""The page of the example tool and what its buttons do.

Every failure that can be expected is a sentence on the page: `Trouble`, told by `app.demo.tool.app`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from flask import Blueprint, current_app, g, redirect, render_template, request, session
from werkzeug.wrappers import Response

from app.demo.demo_json import TOOL_NAME
from app.demo.tool.calls import Call, Caller
from app.demo.tool.journey import Journey
from app.demo.tool.oauth_client import OAuthClient, Trouble
from app.demo.tool.reach import ENDED, Now, shown_now, shown_then
from app.demo.tool.visitors import (
    Connection,
    Notice,
    Visitor,
    Visitors,
)

TOOL_STATE = "flow_assistant"
VISITOR = "visitor"
HOME = "/"
SERVER_TITLE = "The MCP server "  # begins the title of an MCP server among the resources
DENIED = "You said no in Mandate. Flow Assistant got nothing."
STALE = (
    "This answer does not belong to a connection that was started here, or it took too long. "
    "Press Connect again."
)
UNTOLD = "Forgotten here, but Mandate could not be told: end it in Mandate's settings."
NOT_CONNECTED = "Flow Assistant is not connected any more. Press Connect."

page = Blueprint("page", __name__)


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """What the tool knows of the world: its own URL, Mandate's, resources and capabilities by title."""

    url: str
    issuer: str
    resources: Mapping[str, str]
    titles: Mapping[str, str]
    asks: tuple[str, ...]

    @property
    def settings_url(self) -> str:
        """Return the address at which people change or revoke what they gave."""
        return f"{self.issuer}/settings/authorizations/oauth2"

    def server_name(self, url: str) -> str:
        """Return what people call an MCP server."""
        return self.resources.get(url, url).removeprefix(SERVER_TITLE)


@dataclass(frozen=True, slots=True)
class ToolState:
    """What the running tool works with."""

    settings: ToolSettings
    oauth: OAuthClient
    caller: Caller
    visitors: Visitors


def tool_state() -> ToolState:
    """Return what the running tool works with."""
    found: ToolState = current_app.extensions[TOOL_STATE]
    return found


def visitor_here() -> Visitor:
    """Return the visitor of the running request; a new one gets a cookie."""
    if "visitor" not in g:
        visitors = tool_state().visitors
        known = visitors.find(session.get(VISITOR))
        if known is None:
            session[VISITOR], known = visitors.welcome()
        g.visitor = known
    found: Visitor = g.visitor
    return found


def back(notice: Notice | None = None) -> Response:
    """Lead back to the page, which then says what happened."""
    if notice is not None:
        visitor_here().notice = notice
    return redirect(HOME, HTTPStatus.SEE_OTHER)


@page.get("/")
def home() -> str:
    """Show what the tool was given, and what the resource server answers."""
    visitor = tool_state().visitors.find(session.get(VISITOR))
    connection = visitor.connection if visitor else None
    journey = visitor.journey if visitor else Journey()
    now = _now(connection)
    then = held = None
    if connection is not None and now is not None:
        journey.see(now)
        then = shown_then(connection.reach, now.reach)
        held = shown_now(now.reach, connection.reach) if now.reach and now.alive else None
    return render_template(
        "tool.html",
        name=TOOL_NAME,
        settings=tool_state().settings,
        connection=connection,
        journey=journey,
        said=now.sentence if now else "",
        then=then,
        held=held,
        projects=_projects(visitor) if visitor else [],
        lasts=connection.lasts_text(datetime.now(UTC)) if connection else "",
        calls=visitor.calls if visitor else [],
        notice=visitor.hear() if visitor else None,
    )


def _projects(visitor: Visitor) -> list[str]:
    """Return the projects that the tool knows of: those of the token, and those that came since."""
    issued = visitor.connection.projects if visitor.connection else []
    latest = visitor.journey.latest
    return list(
        dict.fromkeys([*issued, *(part.key for part in latest.projects)] if latest else issued)
    )


def _now(connection: Connection | None) -> Now | None:
    """Return what the token can do now, as its resource server says; None without a token.

    Looking changes nothing: a token that ended by its own time is renewed at the next call.
    """
    if connection is None:
        return None
    if connection.ends_at <= datetime.now(UTC):
        return ENDED
    return tool_state().caller.now(connection.token["access_token"], connection.resource)


@page.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the tool lives."""
    return {"status": "ok"}


@page.post("/connect")
def connect() -> Response:
    """Send the browser to Mandate, to ask for a token for one resource."""
    resource = request.form.get("resource", "")
    if resource not in tool_state().settings.resources:
        raise Trouble("Choose one of the resources.")
    pending = tool_state().oauth.start(resource)
    visitor_here().await_answer(pending)
    return redirect(pending.url, HTTPStatus.SEE_OTHER)


@page.get("/callback")
def callback() -> Response:
    """Take Mandate's answer: who it is from, whether it was asked for, then the code."""
    pending = visitor_here().answered(request.args.get("state", ""))
    if pending is None:
        raise Trouble(STALE)
    oauth = tool_state().oauth
    oauth.check_issuer(request.args)
    if error := request.args.get("error"):
        raise Trouble(DENIED if error == "access_denied" else _reason(error))
    visitor_here().connection = Connection(oauth.finish(pending, request.url), pending.resource)
    visitor_here().journey.begin()
    return back(_look_around("Connected."))


def _reason(error: str) -> str:
    description = request.args.get("error_description", "")
    return f"Mandate did not connect the tool ({error[:60]}). {description[:300]}"


@page.post("/call")
def call_again() -> Response:
    """Call the resource server again with the token that is held."""
    return back(_look_around("Called again."))


@page.post("/flows")
def add_flow() -> Response:
    """Try to add a flow to a project: allowed only with flows:edit in that very project."""
    connection = _fresh_connection()
    slug = request.form.get("project", "")
    if slug not in _projects(visitor_here()):
        raise Trouble("Choose one of the projects.")
    name = f"Flow of {datetime.now(UTC):%H:%M:%S}"
    call = tool_state().caller.add_flow(connection.token["access_token"], slug, name)
    _note([call])
    link = call.reason.link if call.reason else ""
    return back(Notice(f"Adding a flow to {slug}. {call.meaning}", good=call.allowed, link=link))


@page.post("/refresh")
def refresh() -> Response:
    """Ask Mandate for the next token; what was edited meanwhile shows in it."""
    connection = _connection()
    token = tool_state().oauth.refresh(connection.token)
    visitor_here().connection = Connection(token, connection.resource)
    return back(Notice("Refreshed: this is what Mandate gives now.", good=True))


@page.post("/disconnect")
def disconnect() -> Response:
    """Forget the tokens and tell Mandate to end them."""
    token = _connection().token
    visitor_here().forget()
    visitor_here().journey.end()
    try:
        tool_state().oauth.revoke(token)
    except Trouble as trouble:
        raise Trouble(UNTOLD) from trouble
    return back(Notice("Disconnected: the tokens were ended in Mandate too.", good=True))


def _connection() -> Connection:
    connection = visitor_here().connection
    if connection is None:
        raise Trouble(NOT_CONNECTED)
    return connection


def _fresh_connection() -> Connection:
    """Return the connection with an access token that has not ended by its own time."""
    connection = _connection()
    token = tool_state().oauth.fresh(connection.token)
    visitor_here().connection = connection = Connection(token, connection.resource)
    return connection


def _note(calls: list[Call]) -> None:
    """Keep what was called, and what held then."""
    visitor_here().calls = calls
    now = _now(visitor_here().connection)
    if now is not None:
        visitor_here().journey.call(now)


def _look_around(done: str) -> Notice:
    """Make the calls that the token is for; returns what was done and how the calls went."""
    connection = _fresh_connection()
    calls = tool_state().caller.look_around(
        connection.token["access_token"], connection.resource, connection.projects
    )
    _note(calls)
    failed = next((call for call in calls if not call.allowed), None)
    if failed is None:
        return Notice(f"{done} The resource server allowed everything.", good=True)
    sentence = f"{done} The resource server said {failed.phrase}. {failed.meaning}"
    return Notice(sentence, good=False, link=failed.reason.link if failed.reason else "")
