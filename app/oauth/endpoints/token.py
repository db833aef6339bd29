"""The token endpoint (RFC 6749 section 3.2)."""

from flask import Response

from app.oauth.endpoints.blueprint import oauth
from app.oauth.server import server


@oauth.post("/oauth/token")
def token() -> Response:
    """Redeem a code, refresh, or poll for a device (RFC 6749 section 3.2, RFC 8628 section 3.4)."""
    return server.create_token_response()
