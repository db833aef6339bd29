"""The example API that asks Mandate about every call, and the documents that lead tools to Mandate.

It is what a team writes to put its own API behind Mandate: introspect, look at the authorization
details, answer. It caches nothing, so what a user takes back is refused at the very next call. The MCP
servers beside it, on the same port, are in `app.demo.api.mcp_servers`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from app.demo.addresses import Addresses
from app.demo.api import bearer_tokens
from app.demo.api.bearer_tokens import Refused, problem
from app.demo.api.flows import Flows, flow_name
from app.demo.api.introspection import Introspector, MandateAway, TokenAccess
from app.demo.api.provider_api import create_provider_api
from app.demo.api.resource_metadata import Protected, document_url, publish
from app.demo.api.token_check import API, EDIT_FLOWS, TokenCheck
from app.demo.organisation.company import Company

MCP = "mcp"
MAX_BODY = 16 * 1024


@dataclass(frozen=True, slots=True)
class ApiBacking:
    """What the API stands on: the company, the addresses, and whom it asks."""

    company: Company
    addresses: Addresses
    mandate: Introspector


def create_resource_server(backing: ApiBacking) -> Flask:
    """Return the Flask app of the example API."""
    app = Flask("example_resource_server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    audience = backing.addresses.api
    token_check, flows = TokenCheck(backing.mandate, audience), Flows(backing.company)
    _add_api(app, backing.company, token_check, flows)
    app.register_blueprint(create_provider_api(token_check, flows))
    publish(app, _protected(backing), backing.addresses.issuer)
    app.add_url_rule("/healthz", view_func=lambda: jsonify(status="ok"))
    refuse = partial(bearer_tokens.response_of, metadata_url=document_url(audience))
    app.register_error_handler(Refused, refuse)
    app.register_error_handler(MandateAway, _away)
    app.register_error_handler(HTTPException, _http_problem)
    app.after_request(_private)
    return app


def _protected(backing: ApiBacking) -> Iterator[Protected]:
    """Give all that has a document: the root, the API, each MCP server.

    The root's `resource` is the host itself, as its URL is made from it. Who calls the API or an MCP
    server finds its document at the path form. Who starts at the root (a CLI that is told a host) names
    the host or nothing, and gets a token for the default audience, the API, in both cases.
    """
    addresses, company = backing.addresses, backing.company
    yield Protected(addresses.resource_server, company.name, (API, EDIT_FLOWS, MCP))
    yield Protected(addresses.api, f"{company.name} API", (API, EDIT_FLOWS))
    for server in company.mcp_servers:
        yield Protected(addresses.mcp_server(server.identifier), server.name, (MCP,))


def _add_api(app: Flask, company: Company, token_check: TokenCheck, flows: Flows) -> None:
    names = {project.slug: project.name for project in company.projects}

    @app.get("/api")
    def introduce() -> Response:
        """Say who calls and what the token may do."""
        access = token_check.api()
        return jsonify(
            username=access.username,
            scope=sorted(access.scope),
            projects=_projects(access, names),
            mcp_servers=[{"url": url, "role": role} for url, role in access.servers.items()],
        )

    @app.get("/api/projects")
    def list_projects() -> Response:
        """List the projects that the token reaches, with what it may do there."""
        return jsonify(projects=_projects(token_check.api(), names))

    @app.get("/api/projects/<slug>/flows")
    def list_flows(slug: str) -> Response:
        """List the flows of a project that the token reaches."""
        token_check.project(slug)
        return jsonify(flows=flows.of(slug))

    @app.post("/api/projects/<slug>/flows")
    def add_flow(slug: str) -> tuple[Response, HTTPStatus] | Response:
        """Add a flow, if the token may edit flows in this very project."""
        token_check.project(slug, action=EDIT_FLOWS)
        body = request.get_json(silent=True)
        name = flow_name(body.get("name")) if isinstance(body, dict) else None
        if name is None:
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request")
        flows.add(slug, name)
        return jsonify(name=name, project=slug), HTTPStatus.CREATED


def _projects(access: TokenAccess, names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"slug": slug, "name": names.get(slug, slug), **asdict(found)}
        for slug, found in access.projects.items()
    ]


def _http_problem(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    code = status.phrase.lower().replace(" ", "_")
    response = problem(status, code, f"{status.phrase}.")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
    return response


def _away(error: MandateAway) -> Response:
    response = problem(HTTPStatus.SERVICE_UNAVAILABLE, "temporarily_unavailable", str(error))
    response.headers["Retry-After"] = "1"
    return response


def _private(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
