"""The device authorization endpoint (RFC 8628 section 3.1)."""

from flask import Response

from app.oauth import wire_request
from app.oauth.client_authentication import AUTH_METHODS
from app.oauth.endpoints.blueprint import oauth
from app.oauth.errors import json_response
from app.oauth.grants import device_code
from app.oauth.server import server


@oauth.post("/oauth/device_authorization")
def device_authorization() -> Response:
    """Begin the sign-in of a device (RFC 8628 section 3.1)."""
    wire = wire_request.from_form()
    client = server.authenticate_client(wire, AUTH_METHODS, "device_authorization")
    return json_response(200, device_code.ask(wire, client))
