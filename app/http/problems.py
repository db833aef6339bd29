"""Problems (RFC 9457): how failures of the management API are told."""

from flask import Response, json

from app.runtime.logs import request_id

PROBLEM = "application/problem+json"


def problem(status: int, title: str, detail: str) -> Response:
    """Return a problem that no cache keeps; `request_id` finds its line in the log."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_id(),
    }
    response = Response(json.dumps(body), status, content_type=PROBLEM)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
