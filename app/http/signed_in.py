"""Who may open a page: a view that needs a signed-in user is handed that user."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from werkzeug.wrappers import Response

from app.http import browser
from app.http.error_pages import to_sign_in
from app.services.accounts.sign_in import SignedInUser

P = ParamSpec("P")
R = TypeVar("R")


def signed_in(view: Callable[Concatenate[SignedInUser, P], R]) -> Callable[P, R | Response]:
    """Hand the view its user as the first argument; lead everybody else to the sign-in page."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        user = browser.signed_in_user()
        return to_sign_in() if user is None else view(user, *args, **kwargs)

    return guarded
