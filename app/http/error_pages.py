"""Error pages, and the one map from domain errors to them."""

from collections.abc import Sequence
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
PAGES: dict[type[errors.DomainError], tuple[int, str]] = {
    errors.Invalid: (400, "This request is not valid"),
    errors.NotFound: (404, "Not found"),
    errors.RequestExpired: (404, "This request has expired"),
    errors.Conflict: (409, "This has changed"),
    errors.Forbidden: (403, "Not allowed here"),
    errors.Throttled: (429, "Too many tries"),
    errors.SignInRefused: (401, "Not signed in"),
    errors.ConfirmationRequired: (401, "Confirm that it is you"),
    errors.ChoiceRefused: (422, "This choice cannot be approved"),
    errors.AlreadyAnswered: (409, "Answered already"),
    errors.CredentialRejected: (400, "No longer valid"),
    errors.RedirectUriRefused: (400, "This redirect is not possible"),
    errors.MetadataRefused: (400, "This tool cannot be used"),
    errors.StatementRefused: (400, "This tool cannot be used"),
    errors.RegistrationRefused: (401, "The registration is refused"),
    errors.DocumentRefused: (400, "This tool could not be looked up"),
    errors.TargetRejected: (400, "Unknown resource"),
    errors.ScopeRejected: (400, "Unknown scope"),
    errors.AuthorizationDetailsRejected: (400, "This request is not valid"),
    errors.Unavailable: (503, "Back in a moment"),
    errors.Misconfigured: (500, "The server is not set up"),
}

RELOADS = "This page reloads itself."


def error_page(
    status: int,
    title: str,
    sentence: str,
    *,
    hint: str = "",
    steps: Sequence[str] = (),
    begin_again: str = "",
) -> BaseResponse:
    """Return a page that says what went wrong and what to do, step by step if need be.

    `begin_again` is the address of the one press that does it.
    """
    try:
        page = render_template(
            "error.html",
            title=title,
            sentence=sentence,
            hint=hint,
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
    response = make_response(html, status or PAGES[type(error)][0])
    add_retry_after(response, error)
    return response


def _begin_again(error: errors.DomainError) -> str:
    if isinstance(error, errors.RequestExpired) and error.parameters:
        query = urlencode(error.parameters, doseq=True)
        return f"{url_for('authorization.authorize')}?{query}"
    return ""


def page_of(error: errors.DomainError, hint: str = "") -> BaseResponse:
    """Return the page of a domain error; its private detail goes to the log."""
    status, title = PAGES[type(error)]
    if error.detail:
        log.info("refused", kind=type(error).__name__, detail=error.detail, request_id=request_id())
    reloads = isinstance(error, errors.Unavailable) and request.method == "GET"
    shown = RELOADS if reloads else hint
    response = error_page(status, title, error.public, hint=shown, begin_again=_begin_again(error))
    add_retry_after(response, error)
    if reloads:
        response.headers["Refresh"] = "2"  # a person need not press anything
    return response
