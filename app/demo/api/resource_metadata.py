"""Documents of protected resources (RFC 9728): they lead a client to the server that gives tokens.

One place makes them all: for the example API, its MCP servers, and the root of the host.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, jsonify

WELL_KNOWN = "/.well-known/oauth-protected-resource"
READABLE_BY_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Mcp-Protocol-Version",
    "Cache-Control": "public, max-age=300",
}


@dataclass(frozen=True, slots=True)
class Protected:
    """A protected resource: its identifier, its name for people, the capabilities that it knows."""

    resource: str
    name: str
    scopes: tuple[str, ...]


def document_path(resource: str) -> str:
    """Return the path of a resource's document: the well-known one before its own (section 3.1)."""
    path = urlsplit(resource).path
    return WELL_KNOWN + ("" if path == "/" else path)


def document_url(resource: str) -> str:
    """Return where a resource's document is."""
    parts = urlsplit(resource)
    return urlunsplit((parts.scheme, parts.netloc, document_path(resource), parts.query, ""))


def document(protected: Protected, issuer: str) -> dict[str, object]:
    """Return a resource's document; its `resource` is the identifier that its URL is made from.

    Clients compare the two and drop a document that names another resource (section 3.3).
    """
    return {
        "resource": protected.resource,
        "authorization_servers": [issuer],
        "scopes_supported": list(protected.scopes),
        "bearer_methods_supported": ["header"],
        "resource_name": protected.name,
    }


def publish(app: Flask, protected: Iterable[Protected], issuer: str) -> None:
    """Serve the documents, to scripts of every origin too."""
    for one in protected:
        path = document_path(one.resource)
        view = partial(_answer, document(one, issuer))
        app.add_url_rule(path, endpoint=path, view_func=view, methods=["GET", "OPTIONS"])


def _answer(content: dict[str, object]) -> Response:
    response = jsonify(content)
    response.headers.update(READABLE_BY_ALL)
    return response
