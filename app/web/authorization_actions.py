"""The buttons on an Authorization's page: pause, resume, end sessions, revoke."""

from flask import flash
from flask_login import login_required
from werkzeug.wrappers import Response

from app.http import browser
from app.http.next_url import HOME
from app.http.paths import see_other
from app.runtime.clock import now
from app.services.authorizations import lifecycle
from app.services.authorizations.listing import API_KEY
from app.web import web
from app.web.authorization import ADDRESS
from app.web.authorizations import API_KEYS


@web.post(f"{ADDRESS}/revoke")
@login_required  # type: ignore[untyped-decorator]
def revoke_authorization(authorization_id: str) -> Response:
    """Revoke one of the user's own Authorizations; somebody else's is not found."""
    user_id = browser.user_id()
    kind = lifecycle.revoke(authorization_id, owner=user_id, actor=user_id, at=now())
    flash("Revoked. Everything that was issued under it has stopped working.")
    return see_other(API_KEYS if kind == API_KEY else HOME)


@web.post(f"{ADDRESS}/pause")
@login_required  # type: ignore[untyped-decorator]
def pause_authorization(authorization_id: str) -> Response:
    """Let it do nothing until it is resumed."""
    lifecycle.pause(authorization_id, owner=browser.user_id(), at=now())
    flash("Paused. It can do nothing until you resume it; it stays connected.")
    return _back(authorization_id)


@web.post(f"{ADDRESS}/resume")
@login_required  # type: ignore[untyped-decorator]
def resume_authorization(authorization_id: str) -> Response:
    """Let it work again."""
    lifecycle.resume(authorization_id, owner=browser.user_id(), at=now())
    flash("Resumed. It works again from its next call on.")
    return _back(authorization_id)


@web.post(f"{ADDRESS}/sessions/<session_id>/end")
@login_required  # type: ignore[untyped-decorator]
def end_client_session(authorization_id: str, session_id: str) -> Response:
    """End one session of the tool."""
    user_id = browser.user_id()
    lifecycle.end_one_session(authorization_id, session_id, owner=user_id, at=now())
    flash("The session has ended. The tool has to ask again there.")
    return _back(authorization_id)


@web.post(f"{ADDRESS}/sessions/end")
@login_required  # type: ignore[untyped-decorator]
def end_client_sessions(authorization_id: str) -> Response:
    """End every session of the tool; the Authorization stays."""
    lifecycle.end_all_sessions(authorization_id, owner=browser.user_id(), at=now())
    flash("All sessions have ended. The tool has to ask again everywhere.")
    return _back(authorization_id)


def _back(authorization_id: str) -> Response:
    return see_other(f"/settings/authorizations/{authorization_id}")
