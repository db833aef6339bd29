"""Settings: the authorizations that stand, each with Revoke."""

from flask import redirect, render_template
from flask_login import login_required
from werkzeug.wrappers import Response

from app.http import browser
from app.http.current import catalog, now
from app.http.next_url import HOME
from app.services import authorizations
from app.web import web


@web.get(HOME)
@login_required  # type: ignore[untyped-decorator]
def oauth2_authorizations() -> str:
    """List what the signed-in user has delegated to tools."""
    rows = authorizations.of_user(_user_id(), catalog=catalog(), at=now())
    return render_template(
        "authorizations.html",
        standing=[row for row in rows if row.state != "revoked"],
        revoked=[row for row in rows if row.state == "revoked"],
    )


@web.post("/settings/authorizations/<authorization_id>/revoke")
@login_required  # type: ignore[untyped-decorator]
def revoke_authorization(authorization_id: str) -> Response:
    """Revoke one of the user's own Authorizations; somebody else's is not found."""
    user_id = _user_id()
    authorizations.revoke(authorization_id, owner=user_id, actor=user_id, at=now())
    return redirect(HOME, 303)


def _user_id() -> str:
    person = browser.person()
    return person.user_id if person else ""
