"""Put a Flask API behind Mandate: Authlib's ResourceProtector, which asks at every call (RFC 7662)."""

from typing import Any

import httpx
from authlib.integrations.flask_oauth2 import ResourceProtector
from authlib.oauth2.rfc6750 import BearerTokenValidator


class MandateToken(dict[str, Any]):
    """Mandate's answer of this very moment: what is active is neither expired nor revoked."""

    def get_scope(self) -> str:
        """Return the effective capabilities, for the scopes that a view demands."""
        return str(self["scope"])

    def is_expired(self) -> bool:
        """Say no."""
        return False

    is_revoked = is_expired


class MandateValidator(BearerTokenValidator):
    """Asks about each token; `http` has the credentials: httpx.Client(auth=(client_id, secret))."""

    def __init__(self, http: httpx.Client, endpoint: str, resource: str, **challenge: str) -> None:
        super().__init__(**challenge)  # such as resource_metadata=..., for a 401's WWW-Authenticate
        self._http, self._endpoint, self._resource = http, endpoint, resource

    def authenticate_token(self, token_string: str) -> MandateToken | None:
        """Return what the token may do now, or None when it is not good here."""
        form = {"token": token_string, "resource": self._resource}
        answer = self._http.post(self._endpoint, data=form).raise_for_status().json()
        good = answer["active"] and answer["aud"] == self._resource
        return MandateToken(answer) if good else None


require = ResourceProtector()  # then: require.register_token_validator(MandateValidator(...))
