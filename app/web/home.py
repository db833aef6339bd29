"""The front door and the two addresses that say whether the server is well."""

from datetime import timedelta

from flask import Response, jsonify
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from app.database.transactions import answers
from app.http.next_url import HOME
from app.http.paths import go
from app.runtime.current import now, settings
from app.web import web

VALID_DAYS = 180


@web.get("/")
def home() -> BaseResponse:
    """Lead to the settings; they ask for the sign-in."""
    return go(HOME)


@web.get("/settings")
@web.get("/settings/authorizations")
@login_required  # type: ignore[untyped-decorator]
def settings_home() -> BaseResponse:
    """Lead to the first of the settings pages."""
    return go(HOME)


@web.get("/.well-known/security.txt")
def security_txt() -> Response:
    """Say whom to tell about a weakness (RFC 9116)."""
    own, ends = settings(), now() + timedelta(days=VALID_DAYS)
    lines = (
        f"Contact: {own.security_contact}",
        f"Expires: {ends:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {own.issuer}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@web.get("/healthz")
def healthz() -> Response:
    """Say that the process lives."""
    return jsonify(status="ok")


@web.get("/readyz")
def readyz() -> Response:
    """Say that the database answers; 503 when it does not."""
    answers()
    return jsonify(status="ok")
