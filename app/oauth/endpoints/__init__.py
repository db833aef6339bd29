"""The addresses of the protocol, one module an endpoint.

`authorize` answers browsers with pages and redirects; every other endpoint answers programs with JSON.
"""

from app.oauth.endpoints import (
    details_types,
    device_authorization,
    introspection,
    metadata,
    revocation,
    token,
)
from app.oauth.endpoints.authorize import authorization
from app.oauth.endpoints.blueprint import oauth
from app.oauth.endpoints.leak_reports import leak_reports
from app.oauth.endpoints.registration import registration

BROWSER_BLUEPRINTS = (authorization,)
PROGRAM_BLUEPRINTS = (oauth, registration, leak_reports)

__all__ = [
    "BROWSER_BLUEPRINTS",
    "PROGRAM_BLUEPRINTS",
    "details_types",
    "device_authorization",
    "introspection",
    "metadata",
    "revocation",
    "token",
]
