"""The example tool, "Flow Assistant": a small real OAuth client with one page.

It shows what a tool was given and what a resource server answers, so that one sees at once what
revoking or editing in Mandate does. It knows nothing of Mandate but its wire.
"""

from functools import partial
from http import HTTPStatus

from flask import Flask, Response, redirect, render_template, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.demo.demo_json import TOOL_NAME
from app.demo.tool.calls import Caller
from app.demo.tool.oauth_client import OAuthClient, Trouble
from app.demo.tool.page import (
    TOOL_STATE,
    ToolSettings,
    ToolState,
    back,
    page,
    tool_state,
    visitor_here,
)
from app.demo.tool.visitors import Notice, Visitors
from app.domain.credentials.secrets import random_base62

COOKIE = "flow_assistant"  # cookies are shared by all ports of a host: the name must be our own
FORGED = "The page was open for too long. Please try again."


def create_tool(settings: ToolSettings, oauth: OAuthClient, caller: Caller) -> Flask:
    """Return the Flask app of the example tool, with a cookie key of its own."""
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY=random_base62(43),
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=16 * 1024,
    )
    app.jinja_env.undefined = StrictUndefined
    app.extensions[TOOL_STATE] = ToolState(settings, oauth, caller, Visitors())
    CSRFProtect(app)
    app.before_request(_at_own_host)
    app.register_blueprint(page)
    app.register_error_handler(Trouble, _tell_trouble)
    app.register_error_handler(CSRFError, _tell_forgery)
    app.register_error_handler(HTTPException, _http_problem)
    app.after_request(partial(_harden, settings.issuer))
    return app


def _tell_trouble(trouble: Trouble) -> BaseResponse:
    if trouble.ended:
        visitor_here().forget()
        visitor_here().journey.end()
    return back(Notice(trouble.sentence, good=False))


def _tell_forgery(_: CSRFError) -> BaseResponse:
    return back(Notice(FORGED, good=False))


def _http_problem(error: HTTPException) -> tuple[str, int]:
    return render_template("tool_problem.html", name=TOOL_NAME), error.code or 500


def _at_own_host() -> BaseResponse | None:
    """Keep to the one host that the redirect URI and the cookie are for."""
    own = tool_state().settings.url
    if request.host_url.rstrip("/") == own:
        return None
    return redirect(f"{own}/", HTTPStatus.SEE_OTHER)


def _harden(issuer: str, response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        # Chromium holds a form's whole chain of redirects against form-action.
        f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {issuer}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
