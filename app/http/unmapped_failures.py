"""Failures that no face has mapped: a page for people, JSON for programs."""

from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, jsonify, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.http.error_pages import LOOK, OURS, START, WAIT, YOURS, error_page
from app.http.paths import MANAGEMENT, is_for_programs
from app.http.problems import problem
from app.runtime import logs
from app.runtime.logs import request_id

log = structlog.get_logger("mandate.problem")

SENTENCES = {
    400: "The request could not be understood.",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request is too large.",
    415: "The request has the wrong content type.",
    429: "Too many requests; wait a little.",
}
CSRF_SENTENCE = (
    "This form does not belong to the page as it is now, so nothing was done. Go back, reload, and try "
    "again."
)


def install(app: Flask) -> None:
    """Answer every unmapped failure in the form of its address."""
    app.register_error_handler(CSRFError, forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def forged(error: Exception) -> BaseResponse:
    """Refuse a form that no page of this browser sent."""
    reason = getattr(error, "description", type(error).__name__)
    log.info("csrf.refused", reason=reason, request_id=request_id())
    return error_page(403, "Please try again", CSRF_SENTENCE, move=LOOK)


def _http(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    response = _answer(status, SENTENCES.get(status, "Something went wrong."))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response.headers.setdefault("Retry-After", "60")
    return response


def _unknown(error: Exception) -> BaseResponse:
    log.error(
        "unhandled",
        exc_info=error,
        request_id=request_id(),
        path=logs.without_secrets(request.path)[:200],
    )
    return _answer(500, "Something went wrong on our side.")


def _move(status: int) -> str:
    """Return whose move it is after a failure of HTTP."""
    if status >= 500:  # noqa: PLR2004 - HTTP's classes
        return OURS
    return {404: START, 429: WAIT}.get(status, YOURS)


def _answer(status: int, sentence: str) -> BaseResponse:
    if not is_for_programs(request.path):
        return error_page(status, "That did not work", sentence, move=_move(status))
    if request.path.startswith(f"{MANAGEMENT}/"):
        return problem(status, HTTPStatus(status).phrase, sentence)
    code = "server_error" if status >= 500 else "invalid_request"  # noqa: PLR2004 - HTTP's classes
    body: dict[str, Any] = {"error": code, "error_description": f"{sentence} [{request_id()}]"}
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
