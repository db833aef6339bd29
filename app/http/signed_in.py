"""Who may open a page: a view that needs a signed-in user is handed that user."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from flask import request
from werkzeug.wrappers import Response

from app.http import browser
from app.http.error_pages import to_sign_in
from app.services.accounts.sign_in import SignedInUser

P = ParamSpec("P")
R = TypeVar("R")


class SignInEnded(Exception):
    """A form came and nobody is signed in: the pages keep what was chosen and lead on."""


def signed_in(view: Callable[Concatenate[SignedInUser, P], R]) -> Callable[P, R | Response]:
    """Hand the view its user as the first argument; lead everybody else to the sign-in page.

    Raises SignInEnded for a form, which must not be lost.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        user = browser.signed_in_user()
        if user is not None:
            return view(user, *args, **kwargs)
        if request.method == "POST":
            raise SignInEnded
        return to_sign_in()

    return guarded
