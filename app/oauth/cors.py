"""Cross-origin access for clients that run in a browser: no cookie is involved, so any origin may."""

from flask import Blueprint, Response, request

METHODS = "GET, POST, PUT, DELETE, OPTIONS"
HEADERS = "content-type, authorization, mcp-protocol-version, accept"


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
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = HEADERS
        response.headers["Access-Control-Max-Age"] = "3600"
