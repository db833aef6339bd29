"""The OpenAPI document and the page that shows it."""

from copy import deepcopy
from functools import cache
from typing import Any

from flask import Response, json, render_template

from app.api.blueprint import api
from app.api.contract import spec
from app.http.problems import PROBLEM
from app.runtime.current import settings

JSON = "application/json"
FIRST_REFUSAL = "400"


@cache
def _written() -> dict[str, Any]:
    """Return the document of the operations; failures are problems."""
    document: dict[str, Any] = deepcopy(spec.spec)
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if status >= FIRST_REFUSAL and JSON in answer.get("content", {}):
                    answer["content"] = {PROBLEM: answer["content"][JSON]}
    return document


def document() -> dict[str, Any]:
    """Return the document with this deployment's address."""
    return {**_written(), "servers": [{"url": settings().issuer}]}


@api.get("/openapi.json")
def openapi() -> Response:
    """Return the document (OpenAPI 3.1)."""
    response = Response(json.dumps(document()), content_type=JSON)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@api.get("/")
def operations() -> str:
    """Show the operations to a person."""
    return render_template("api.html", document=document(), dumps=json.dumps)
