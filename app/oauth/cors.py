"""Cross-origin access for clients that run in a browser: no cookie is involved, so any origin may.

A preflight is told that every header may be sent that it asks for: libraries and tracing add headers of
their own, and we read none of them. Whatever lies under `/.well-known/` may be read, a 404 too: a script
that looks for a document elsewhere first must learn that there is none.
"""

import re

from flask import Blueprint, Flask, Response, request

METHODS = "GET, POST, PUT, DELETE, OPTIONS"
HEADERS = ("content-type", "authorization", "mcp-protocol-version", "accept")
WELL_KNOWN = "/.well-known/"
FIELD_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110 section 5.1
MAX_ASKED = 50
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "WWW-Authenticate, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def install(app: Flask) -> None:
    """Let pages of any origin look for documents at well-known addresses, found or not."""

    @app.before_request
    def _answer_preflight() -> Response | None:
        is_unknown = request.method == "OPTIONS" and request.url_rule is None
        return Response(status=204) if is_unknown and _is_well_known() else None

    @app.after_request
    def _allow(response: Response) -> Response:
        if _is_well_known():
            open_up(response)
        return response


def allow(blueprint: Blueprint, views: frozenset[str]) -> None:
    """Let pages of any origin call the views of a blueprint and read their answers."""
    endpoints = {f"{blueprint.name}.{view}" for view in views}

    @blueprint.after_request
    def _allow(response: Response) -> Response:
        if request.endpoint in endpoints:
            open_up(response)
        return response


def open_up(response: Response) -> None:
    """Add the headers of the Fetch standard's CORS protocol to an answer."""
    response.headers.update(OPEN)
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = ", ".join(_headers())
        response.headers["Access-Control-Max-Age"] = "3600"


def _is_well_known() -> bool:
    return request.path.startswith(WELL_KNOWN)


def _headers() -> tuple[str, ...]:
    """Return the header names that a preflight is told: ours, and those it asks for."""
    asked = request.headers.get("Access-Control-Request-Headers", "").split(",", MAX_ASKED)
    names = (name.strip().lower() for name in asked)
    return tuple(dict.fromkeys([*HEADERS, *filter(FIELD_NAME.fullmatch, names)]))
