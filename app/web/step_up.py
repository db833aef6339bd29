"""The password, asked for again before a step that a borrowed browser must not take."""

from flask import request

from app.http import browser
from app.runtime.clock import now
from app.services.accounts.step_up import is_recent, require_recent


def confirm() -> None:
    """Let only somebody go on who gave the password lately, or gives it now; raises otherwise."""
    person = browser.person()
    if person is not None:
        password = request.form.get("password", "")
        require_recent(person, password, peer=browser.peer(), at=now())


def must_confirm() -> bool:
    """Say whether the form must ask for the password."""
    person = browser.person()
    return person is not None and not is_recent(person, at=now())
