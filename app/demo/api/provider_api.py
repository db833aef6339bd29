"""The part of the example API that a Terraform provider calls: always POST, always JSON both ways.

An answer has `data` or `error`, refusals included. The paths lie beside the API's, and take the same
tokens: access tokens for the API's audience, and API keys.
"""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app.demo.api.bearer_tokens import PROVIDER, problem
from app.demo.api.flows import Flows, flow_name
from app.demo.api.token_check import EDIT_FLOWS, TokenCheck

INVALID = "invalid_request"


def create_provider_api(token_check: TokenCheck, flows: Flows) -> Blueprint:
    """Return the views below /provider."""
    provider = Blueprint("provider", __name__, url_prefix=PROVIDER.rstrip("/"))

    @provider.post("/flows/create")
    def create_flow() -> Response:
        """Add a flow to a project, if the token may edit flows in this very project."""
        body = _body()
        slug, name = _project(body), flow_name(body.get("name"))
        if slug is None or name is None:
            token_check.api()
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, INVALID, "Send project and name.")
        token_check.project(slug, action=EDIT_FLOWS)
        flows.add(slug, name)
        return jsonify(data={"project": slug, "name": name})

    @provider.post("/flows/list")
    def list_flows() -> Response:
        """List the flows of a project that the token reaches."""
        slug = _project(_body())
        if slug is None:
            token_check.api()
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, INVALID, "Send project.")
        token_check.project(slug)
        return jsonify(data=[{"project": slug, "name": name} for name in flows.of(slug)])

    return provider


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _project(body: dict[str, Any]) -> str | None:
    slug = body.get("project")
    return slug if isinstance(slug, str) and slug else None
