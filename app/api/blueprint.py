"""The blueprint of the management API, and the one map from domain errors to problems (RFC 9457)."""

import structlog
from flask import Blueprint, Response

from app.domain import errors
from app.http.headers import add_retry_after
from app.http.paths import MANAGEMENT
from app.http.problems import problem
from app.runtime.logs import request_id

log = structlog.get_logger("mandate.api")
api = Blueprint("api", __name__, url_prefix=MANAGEMENT)

PROBLEMS: dict[type[errors.DomainError], tuple[int, str]] = {
    errors.Invalid: (400, "The request is not valid"),
    errors.NotFound: (404, "Not found"),
    errors.RequestExpired: (404, "Expired"),
    errors.Conflict: (409, "Conflict"),
    errors.Forbidden: (403, "Not allowed"),
    errors.Throttled: (429, "Too many tries"),
    errors.SignInRefused: (401, "Not authenticated"),
    errors.ConfirmationRequired: (401, "Not authenticated"),
    errors.ChoiceRefused: (422, "The choice cannot be taken"),
    errors.AlreadyAnswered: (409, "Answered already"),
    errors.CredentialRejected: (401, "Not authenticated"),
    errors.RedirectUriRefused: (400, "The redirect URI cannot be taken"),
    errors.MetadataRefused: (400, "The client metadata cannot be taken"),
    errors.StatementRefused: (400, "The software statement is not trusted"),
    errors.RegistrationRefused: (401, "Not authenticated"),
    errors.DocumentRefused: (400, "The document cannot be used"),
    errors.TargetRejected: (400, "Unknown resource"),
    errors.ScopeRejected: (403, "Not allowed"),
    errors.AuthorizationDetailsRejected: (400, "The details cannot be taken"),
    errors.Unavailable: (503, "Not available"),
    errors.Misconfigured: (500, "Not set up"),
}
CHALLENGE = 'Bearer realm="mandate"'


@api.errorhandler(errors.DomainError)
def problem_of(error: errors.DomainError) -> Response:
    """Return the problem of a domain error; its private detail goes to the log."""
    status, title = PROBLEMS[type(error)]
    log.info("refused", problem=title, detail=error.detail, request_id=request_id())
    response = problem(status, title, error.public)
    add_retry_after(response, error)
    if isinstance(error, errors.CredentialRejected):
        code = f', error="{error.detail}"' if error.detail else ""
        response.headers["WWW-Authenticate"] = CHALLENGE + code
    if isinstance(error, errors.Forbidden) and error.detail:
        scope = f', error="insufficient_scope", scope="{error.detail}"'
        response.headers["WWW-Authenticate"] = CHALLENGE + scope
    return response
