"""The password, asked for again before a step that a borrowed browser must not take."""

from flask import request

from app.http import browser
from app.runtime.clock import now
from app.services.accounts.sign_in import SignedInUser
from app.services.accounts.step_up import is_recent, require_recent


def confirm(user: SignedInUser) -> None:
    """Pass a user who gave the password recently, or gives it now.

    Raises ConfirmationRequired, SignInRefused or Throttled.
    """
    require_recent(user, request.form.get("password", ""), peer=browser.peer(), at=now())


def must_confirm(user: SignedInUser) -> bool:
    """Say whether the form must ask for the password."""
    return not is_recent(user, at=now())
