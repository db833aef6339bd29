"""Error pages, and the one map from domain errors to them."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import structlog
from flask import make_response, redirect, render_template, request, url_for
from markupsafe import escape
from werkzeug.wrappers import Response as BaseResponse

from app.domain import errors
from app.http.headers import add_retry_after
from app.runtime.logs import request_id

log = structlog.get_logger("mandate.page")

BARE = (
    '<!doctype html>\n<html lang="en"><title>{title}</title><h1>{title}</h1><p>{sentence}</p>'
    "<p>Reference {id}</p></html>\n"
)
# Whose move it is, said on the page.
YOURS = "Go back and change what you sent."
START = "Check the address, or begin where you came from."
LOOK = "Go back and look at it as it is now."
WAIT = "Wait a little, then try again."
SIGN_IN = "Sign in again."
NOBODYS = "There is nothing left to do here."
MAKERS = (
    "The tool has to ask differently: begin there again. If that does not help, tell its makers the "
    "reference below."
)
OURS = "We have to mend that. Try again later; if it stays, tell your administrator the reference below."
OPERATORS = "Your administrator has to set that right. Tell them the reference below."


class ErrorPage(NamedTuple):
    """A page's status, its title, and whose move it is."""

    status: int
    title: str
    move: str


PAGES: dict[type[errors.DomainError], ErrorPage] = {
    errors.Invalid: ErrorPage(400, "This request is not valid", YOURS),
    errors.NotFound: ErrorPage(404, "Not found", START),
    errors.RequestExpired: ErrorPage(404, "This request has expired", START),
    errors.Conflict: ErrorPage(409, "This has changed", LOOK),
    errors.Forbidden: ErrorPage(403, "Not allowed here", START),
    errors.Throttled: ErrorPage(429, "Too many tries", WAIT),
    errors.SignInRefused: ErrorPage(401, "Not signed in", SIGN_IN),
    errors.ConfirmationRequired: ErrorPage(401, "Confirm that it is you", SIGN_IN),
    errors.ChoiceRefused: ErrorPage(422, "This choice cannot be approved", YOURS),
    errors.AlreadyAnswered: ErrorPage(409, "Answered already", NOBODYS),
    errors.CredentialRejected: ErrorPage(400, "No longer valid", MAKERS),
    errors.RedirectUriRefused: ErrorPage(400, "This redirect is not possible", MAKERS),
    errors.MetadataRefused: ErrorPage(400, "This tool cannot be used", MAKERS),
    errors.StatementRefused: ErrorPage(400, "This tool cannot be used", MAKERS),
    errors.RegistrationRefused: ErrorPage(401, "The registration is refused", MAKERS),
    errors.DocumentRefused: ErrorPage(400, "This tool could not be looked up", MAKERS),
    errors.TargetRejected: ErrorPage(400, "Unknown resource", MAKERS),
    errors.ScopeRejected: ErrorPage(400, "Unknown scope", MAKERS),
    errors.AuthorizationDetailsRejected: ErrorPage(400, "This request is not valid", MAKERS),
    errors.Unavailable: ErrorPage(503, "Back in a moment", OURS),
    errors.Misconfigured: ErrorPage(500, "The server is not set up", OPERATORS),
}

RELOADS = "This page reloads itself."


def error_page(
    status: int,
    title: str,
    sentence: str,
    *,
    hint: str = "",
    move: str = "",
    steps: Sequence[str] = (),
    begin_again: str = "",
) -> BaseResponse:
    """Return a page that says what went wrong, whose move it is, and the one way on.

    `steps` say what to do one by one. `begin_again` is the address of the one press that does it; else
    the way leads to the user's own pages.
    """
    try:
        page = render_template(
            "error.html",
            title=title,
            sentence=sentence,
            hint=hint,
            move=move,
            steps=steps,
            begin_again=begin_again,
            request_id=request_id(),
        )
    except Exception as error:  # noqa: BLE001 - whatever fails here must not hide what failed before
        log.warning("bare", reason=type(error).__name__, request_id=request_id())
        page = BARE.format(title=escape(title), sentence=escape(sentence), id=request_id())
    return make_response(page, status)


def to_sign_in() -> BaseResponse:
    """Return the way to the sign-in page, which leads back to a page that was asked for by GET."""
    return redirect(url_for("web.login", next=request.full_path.rstrip("?")), 303)


def refused(html: str, error: errors.DomainError, *, status: int | None = None) -> BaseResponse:
    """Return a form's page that says why, with the error's headers and its status or `status`."""
    response = make_response(html, status or PAGES[type(error)].status)
    add_retry_after(response, error)
    return response


def _begin_again(error: errors.DomainError) -> str:
    if isinstance(error, errors.RequestExpired) and error.parameters:
        query = urlencode(error.parameters, doseq=True)
        return f"{url_for('authorization.authorize')}?{query}"
    return ""


def page_of(error: errors.DomainError, hint: str = "") -> BaseResponse:
    """Return the page of a domain error; its private detail goes to the log."""
    status, title, move = PAGES[type(error)]
    if error.detail:
        log.info("refused", kind=type(error).__name__, detail=error.detail, request_id=request_id())
    reloads = isinstance(error, errors.Unavailable) and request.method == "GET"
    shown = RELOADS if reloads else hint
    again = _begin_again(error)
    response = error_page(
        status, title, error.public, hint=shown, move="" if again else move, begin_again=again
    )
    add_retry_after(response, error)
    if reloads:
        response.headers["Refresh"] = "2"  # a person need not press anything
    return response
