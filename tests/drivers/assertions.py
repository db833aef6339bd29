"""Clients that sign: keys, client assertions, and registrations with keys."""

from __future__ import annotations

import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from werkzeug.test import TestResponse

from tests.drivers.deployment import ISSUER
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REDIRECT = "http://127.0.0.1/callback"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65_537, 2_048)
SMALL_KEY = rsa.generate_private_key(65_537, 1_024)
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def public(key: Any, **members: str) -> dict[str, Any]:
    algorithm = {ec.EllipticCurvePrivateKey: "ES256", rsa.RSAPrivateKey: "RS256"}
    name = next((a for kind, a in algorithm.items() if isinstance(key, kind)), "EdDSA")
    made = jwt.get_algorithm_by_name(name).to_jwk(key.public_key())
    return {**json.loads(str(made)), **members}


class Signer(Tool):
    """A client that authenticates with a key of its own."""

    key: Any = EC_KEY
    algorithm = "ES256"
    manage = ""
    numbers = iter(range(10**9))

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.world.at.timestamp())
        me = self.client.client_id
        good = {
            "iss": me,
            "sub": me,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": f"id-{next(self.numbers)}",
        }
        return {name: v for name, v in {**good, **changes}.items() if v is not None}

    def assertion(self, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        return jwt.encode(self.claims(**changes), self.key, self.algorithm, headers=headers)

    def post(self, path: str, data: dict[str, Any], **more: Any) -> TestResponse:
        more.pop("client", None)
        assertion = data.pop("assertion", None)
        assertion = self.assertion() if assertion is None else assertion
        fields = {"client_assertion_type": TYPE, "client_assertion": assertion, **data}
        return self.http.post(path, data=fields, **more)

    def tried(self, assertion: str, **more: Any) -> tuple[int, str]:
        """Return how a token request with an assertion ends: the code is wrong in any case."""
        fields = {"grant_type": "refresh_token", "refresh_token": "x", "assertion": assertion}
        response = self.post("/oauth/token", {**fields, **more})
        return response.status_code, response.get_json()["error"]


GOOD, BAD = (400, "invalid_grant"), (401, "invalid_client")


def registered(world: World, **keys: Any) -> Signer:
    body = {"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "private_key_jwt", **keys}
    response = world.app.test_client().post("/oauth/register", json=body)
    assert response.status_code == 201, response.text
    assert "client_secret" not in response.get_json()
    found = response.get_json()
    made = Signer(world, Registered(found["client_id"], None, "private_key_jwt", REDIRECT))
    made.manage = found["registration_access_token"]
    return made
