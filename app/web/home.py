"""The front door: the two addresses that lead to the settings."""

from werkzeug.wrappers import Response as BaseResponse

from app.http.paths import see_other
from app.http.signed_in import signed_in
from app.services.accounts.sign_in import SignedInUser
from app.web import web


@web.get("/")
def home() -> BaseResponse:
    """Lead to the settings; they ask for the sign-in."""
    return see_other("web.oauth2_authorizations")


@web.get("/settings")
@web.get("/settings/authorizations")
@signed_in
def settings_home(_user: SignedInUser) -> BaseResponse:
    """Lead to the first of the settings pages."""
    return see_other("web.oauth2_authorizations")
