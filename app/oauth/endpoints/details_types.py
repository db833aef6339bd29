"""The JSON Schema of each type of `authorization_details`, for who writes or draws a request."""

from flask import Response

from app.domain.authorization_details import types_of
from app.domain.details_schema import schema_of
from app.domain.errors import NotFound
from app.oauth.endpoints.blueprint import oauth
from app.oauth.errors import json_response
from app.runtime.current import catalog, settings

MEDIA_TYPE = "application/schema+json"


@oauth.get("/oauth/authorization-details/<kind>.json")
def details_type(kind: str) -> Response:
    """Describe what a type may hold, from the catalog of this deployment."""
    if kind not in types_of(catalog()):
        raise NotFound("There is no such type of authorization_details.")
    address = f"{settings().issuer}/oauth/authorization-details/{kind}.json"
    response = json_response(200, schema_of(kind, catalog(), address=address))
    response.content_type = MEDIA_TYPE
    response.headers["Cache-Control"] = "public, max-age=300"
    del response.headers["Pragma"]
    return response
