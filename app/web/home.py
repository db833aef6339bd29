"""The front door: the two addresses that lead to the settings."""

from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from app.http.next_url import HOME
from app.http.paths import see_other
from app.web import web


@web.get("/")
def home() -> BaseResponse:
    """Lead to the settings; they ask for the sign-in."""
    return see_other(HOME)


@web.get("/settings")
@web.get("/settings/authorizations")
@login_required  # type: ignore[untyped-decorator]
def settings_home() -> BaseResponse:
    """Lead to the first of the settings pages."""
    return see_other(HOME)
