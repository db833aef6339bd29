"""The example resource server: an API and five MCP servers that ask Mandate about every call.

It is what a team writes to put its own API behind Mandate: introspect, look at the authorization
details, answer. It caches nothing, so what a user takes back is refused at the very next call.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, request

from app.demo import bearer
from app.demo.addresses import Addresses
from app.demo.bearer import INSUFFICIENT_SCOPE, INVALID_TOKEN, Refused
from app.demo.company import Company, CompanyServer
from app.demo.flows import Flows
from app.demo.introspection import Introspector, MandateAway, ProjectAccess, TokenAccess

API = "api"
MCP = "mcp"
EDIT_FLOWS = "flows:edit"
SLUG = re.compile(r"[a-z0-9._-]{1,80}")
MAX_BODY = 16 * 1024
MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class Backing:
    """What the resource server stands on: whom it asks for the API and for the MCP servers."""

    company: Company
    addresses: Addresses
    api: Introspector
    mcp: Introspector


class Door:
    """Where every call comes through: it turns a token into what that token may do now."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._servers = {server.identifier: server for server in backing.company.mcp_servers}

    def api(self, *, action: str = "", project: str = "") -> TokenAccess:
        """Return the access of a call of the API; raises Refused or MandateAway."""
        backing = self._backing
        access = backing.api.ask(
            bearer.presented_token(),
            resource=backing.addresses.api,
            capability=f"{API} {action}".strip(),
            project=project,
        )
        if access is None or not access.is_for(backing.addresses.api):
            raise Refused(INVALID_TOKEN)
        if API not in access.scope:
            raise Refused(INSUFFICIENT_SCOPE, scope=API)
        return access

    def project(self, slug: str, *, action: str = "") -> ProjectAccess:
        """Return the access to a project, if the token may do `action` there; raises Refused.

        A project that does not exist is refused in the same words as one that is out of reach.
        """
        told = slug if SLUG.fullmatch(slug) else ""
        found = self.api(action=action, project=told).projects.get(slug)
        if found is None or (action and action not in found.actions):
            raise Refused(INSUFFICIENT_SCOPE, scope=action or API)
        return found

    def server(self, identifier: str) -> CompanyServer | None:
        """Return the MCP server of a call, None when there is none; raises Refused, MandateAway."""
        server = self._servers.get(identifier)
        if server is None:
            return None
        url = self._backing.addresses.mcp_server(identifier)
        access = self._backing.mcp.ask(bearer.presented_token(), resource=url)
        if access is None or not access.is_for(url):
            raise Refused(INVALID_TOKEN)
        if MCP not in access.scope or url not in access.servers:
            raise Refused(INSUFFICIENT_SCOPE, scope=MCP)
        return server


def create_resource_server(backing: Backing) -> Flask:
    """Return the Flask app of the example resource server."""
    app = Flask("example_resource_server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    door = Door(backing)
    _add_api(app, backing.company, door)
    _add_mcp(app, door)
    app.add_url_rule("/healthz", view_func=lambda: jsonify(status="ok"))
    app.register_error_handler(Refused, bearer.response_of)
    app.register_error_handler(MandateAway, _away)
    app.register_error_handler(HTTPStatus.NOT_FOUND, _not_found)
    app.after_request(_private)
    return app


def _add_api(app: Flask, company: Company, door: Door) -> None:
    flows = Flows(company)
    names = {project.slug: project.name for project in company.projects}

    @app.get("/api")
    def introduce() -> Response:
        """Say who calls and what the token may do."""
        access = door.api()
        return jsonify(
            username=access.username,
            scope=sorted(access.scope),
            projects=_projects(access, names),
            mcp_servers=[{"url": url, "role": role} for url, role in access.servers.items()],
        )

    @app.get("/api/projects")
    def list_projects() -> Response:
        """List the projects that the token reaches, with what it may do there."""
        return jsonify(projects=_projects(door.api(), names))

    @app.get("/api/projects/<slug>/flows")
    def list_flows(slug: str) -> Response:
        """List the flows of a project that the token reaches."""
        door.project(slug)
        return jsonify(flows=flows.of(slug))

    @app.post("/api/projects/<slug>/flows")
    def add_flow(slug: str) -> Response:
        """Add a flow, if the token may edit flows in this very project."""
        door.project(slug, action=EDIT_FLOWS)
        name = _flow_name(request.get_json(silent=True))
        if name is None:
            return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, error="invalid_request")
        flows.add(slug, name)
        return _answer(HTTPStatus.CREATED, name=name, project=slug)


def _projects(access: TokenAccess, names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"slug": slug, "name": names.get(slug, slug), **asdict(found)}
        for slug, found in access.projects.items()
    ]


def _flow_name(body: Any) -> str | None:
    name = body.get("name") if isinstance(body, dict) else None
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME or not name.isprintable():
        return None
    return name.strip()


def _add_mcp(app: Flask, door: Door) -> None:
    @app.get("/mcp/<identifier>/", strict_slashes=False)
    def tools(identifier: str) -> Response:
        """List the tools of an MCP server, for a token that is for exactly its URL."""
        server = door.server(identifier)
        if server is None:
            return _answer(HTTPStatus.NOT_FOUND, error="not_found")
        return jsonify(
            server=server.name,
            tools=[{"name": name, "description": about} for name, about in server.tools],
        )


def _answer(status: HTTPStatus, **body: str) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


def _not_found(_: object) -> Response:
    return _answer(HTTPStatus.NOT_FOUND, error="not_found")


def _away(error: MandateAway) -> Response:
    response = _answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        error="temporarily_unavailable",
        error_description=str(error),
    )
    response.headers["Retry-After"] = "1"
    return response


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
