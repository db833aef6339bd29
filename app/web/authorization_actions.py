"""The buttons on an Authorization's page: pause, resume, end sessions, revoke."""

from flask import flash
from werkzeug.wrappers import Response

from app.domain.delegation.authorization import AuthorizationKind
from app.http.paths import see_other
from app.http.signed_in import signed_in
from app.runtime.clock import now
from app.services.accounts.sign_in import SignedInUser
from app.services.authorizations import lifecycle
from app.web import web
from app.web.authorization import ADDRESS


@web.post(f"{ADDRESS}/revoke")
@signed_in
def revoke_authorization(user: SignedInUser, authorization_id: str) -> Response:
    """Revoke one of the user's own Authorizations; another user's is not found."""
    kind = lifecycle.revoke(authorization_id, owner=user.user_id, actor=user.user_id, at=now())
    flash("Revoked. Everything that was issued under it has stopped working.")
    return see_other(
        "web.api_keys" if kind is AuthorizationKind.API_KEY else "web.oauth2_authorizations"
    )


@web.post(f"{ADDRESS}/pause")
@signed_in
def pause_authorization(user: SignedInUser, authorization_id: str) -> Response:
    """Let it do nothing until it is resumed."""
    lifecycle.pause(authorization_id, owner=user.user_id, actor=user.user_id, at=now())
    flash("Paused. It can do nothing until you resume it; it stays connected.")
    return _back(authorization_id)


@web.post(f"{ADDRESS}/resume")
@signed_in
def resume_authorization(user: SignedInUser, authorization_id: str) -> Response:
    """Let it work again."""
    lifecycle.resume(authorization_id, owner=user.user_id, at=now())
    flash("Resumed. It works again from its next call on.")
    return _back(authorization_id)


@web.post(f"{ADDRESS}/sessions/<session_id>/end")
@signed_in
def end_client_session(user: SignedInUser, authorization_id: str, session_id: str) -> Response:
    """End one session of the tool."""
    lifecycle.end_one_session(authorization_id, session_id, owner=user.user_id, at=now())
    flash("The session has ended. The tool has to ask again there.")
    return _back(authorization_id)


@web.post(f"{ADDRESS}/sessions/end")
@signed_in
def end_client_sessions(user: SignedInUser, authorization_id: str) -> Response:
    """End every session of the tool; the Authorization stays."""
    lifecycle.end_all_sessions(authorization_id, owner=user.user_id, at=now())
    flash("All sessions have ended. The tool has to ask again everywhere.")
    return _back(authorization_id)


def _back(authorization_id: str) -> Response:
    return see_other("web.authorization", authorization_id=authorization_id)
