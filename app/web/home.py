"""The front door and the two addresses that say whether the server is well."""

from flask import Response, jsonify, redirect
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from app.http.next_url import HOME
from app.services.database import answers
from app.web import web


@web.get("/")
def home() -> BaseResponse:
    """Lead to the settings; they ask for the sign-in."""
    return redirect(HOME, 303)


@web.get("/settings")
@web.get("/settings/authorizations")
@login_required  # type: ignore[untyped-decorator]
def settings_home() -> BaseResponse:
    """Lead to the first of the settings pages."""
    return redirect(HOME, 303)


@web.get("/healthz")
def healthz() -> Response:
    """Say that the process lives."""
    return jsonify(status="ok")


@web.get("/readyz")
def readyz() -> Response:
    """Say that the database answers; 503 when it does not."""
    answers()
    return jsonify(status="ok")
