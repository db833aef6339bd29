"""Error pages, and the one map from domain errors to them."""

import structlog
from flask import make_response, render_template
from werkzeug.wrappers import Response as BaseResponse

from app.domain import errors
from app.http.logs import request_id

log = structlog.get_logger("mandate.page")

PAGES: dict[type[errors.DomainError], tuple[int, str]] = {
    errors.Invalid: (400, "That does not fit"),
    errors.NotFound: (404, "Not found"),
    errors.Conflict: (409, "This has changed"),
    errors.Forbidden: (403, "Not from here"),
    errors.Throttled: (429, "Too many tries"),
    errors.SignInRefused: (401, "Not signed in"),
    errors.ConfirmationRequired: (401, "Please confirm that it is you"),
    errors.ChoiceRefused: (422, "This choice cannot be approved"),
    errors.AlreadyAnswered: (409, "Answered already"),
    errors.CredentialRejected: (400, "No longer valid"),
    errors.TargetRejected: (400, "Unknown resource"),
    errors.ScopeRejected: (400, "Unknown scope"),
    errors.Unavailable: (503, "Back in a moment"),
    errors.Misconfigured: (500, "Not set up"),
}


def error_page(status: int, title: str, sentence: str, hint: str = "") -> BaseResponse:
    """Return a page that says what went wrong and what to do."""
    page = render_template(
        "error.html", title=title, sentence=sentence, hint=hint, request_id=request_id()
    )
    return make_response(page, status)


def page_of(error: errors.DomainError) -> BaseResponse:
    """Return the page of a domain error; its private detail goes to the log."""
    status, title = PAGES[type(error)]
    if error.detail:
        log.info("refused", kind=type(error).__name__, detail=error.detail, request_id=request_id())
    response = error_page(status, title, error.public)
    if isinstance(error, errors.Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unavailable):
        response.headers["Retry-After"] = "1"
    return response
