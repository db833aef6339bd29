"""Client assertions: private_key_jwt (RFC 7523 section 2.2), with keys in the metadata or fetched."""

from __future__ import annotations

import hmac
import json
import threading
from typing import Any

import jwt
import pytest

from tests.drivers.assertions import (
    BAD,
    EC_KEY,
    ED_KEY,
    GOOD,
    OTHER_KEY,
    RSA_KEY,
    SMALL_KEY,
    Signer,
    public,
    registered,
)
from tests.drivers.clock import Clock
from tests.drivers.deployment import ISSUER
from tests.drivers.world import World


@pytest.fixture
def signer(lone_world: World) -> Signer:
    keys = [
        public(EC_KEY, kid="ec"),
        public(RSA_KEY, kid="rsa"),
        public(ED_KEY, kid="ed"),
        public(SMALL_KEY, kid="small"),
    ]
    return registered(lone_world, jwks={"keys": keys})


@pytest.mark.rfc("7523", "2.2")
def test_a_key_is_all_the_authentication_a_client_needs(signer: Signer) -> None:
    tokens = signer.tokens()
    assert signer.is_active(tokens["access_token"])
    fresh = signer.refresh(tokens["refresh_token"]).get_json()
    assert signer.revoke(fresh["refresh_token"]).status_code == 200
    assert not signer.is_active(fresh["access_token"])


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(EC_KEY, "ES256"), (RSA_KEY, "RS256"), (RSA_KEY, "PS256"), (ED_KEY, "EdDSA")],
)
def test_every_algorithm_of_the_metadata_works(signer: Signer, key: Any, algorithm: str) -> None:
    metadata = signer.http.get("/.well-known/oauth-authorization-server").get_json()
    assert algorithm in metadata["token_endpoint_auth_signing_alg_values_supported"]
    signer.key, signer.algorithm = key, algorithm
    assert signer.tried(signer.assertion()) == GOOD


@pytest.mark.rfc("7523", "3")
@pytest.mark.parametrize("audience", [ISSUER, f"{ISSUER}/oauth/token", [ISSUER]])
def test_the_issuer_and_the_token_endpoint_are_good_audiences(
    signer: Signer, audience: Any
) -> None:
    assert signer.tried(signer.assertion(aud=audience)) == GOOD


def test_the_client_id_may_stand_beside_the_assertion(signer: Signer) -> None:
    assert signer.tried(signer.assertion(), client_id=signer.client.client_id) == GOOD


@pytest.mark.rfc("7523", "3")
def test_what_is_no_proof_is_refused(signer: Signer, lone_world: World) -> None:
    now = int(lone_world.at.timestamp())
    changes: list[dict[str, Any]] = [
        {"aud": "https://other.example"},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": None},
        {"aud": 5},
        {"aud": ISSUER + "/"},
        {"iss": "other"},
        {"iss": None},
        {"sub": lone_world.web.client_id},
        {"exp": now - 31},
        {"exp": None},
        {"exp": "x"},
        {"exp": True},
        {"exp": now + 10_000},
        {"exp": 10**400},
        {"nbf": now + 60},
        {"iat": now + 60},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"jti": "x" * 300},
    ]
    for change in changes:
        assert signer.tried(signer.assertion(**change)) == BAD, change
    for headers in ({"typ": "at+jwt"}, {"kid": "rsa"}, {"crit": ["x"], "x": 1}):
        assert signer.tried(signer.assertion(headers)) == BAD, headers
    signer.key = OTHER_KEY
    assert signer.tried(signer.assertion()) == BAD


def test_a_key_that_is_too_short_proves_nothing(signer: Signer) -> None:
    signer.key, signer.algorithm = SMALL_KEY, "RS256"
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        assertion = signer.assertion({"kid": "small"})
    assert signer.tried(assertion) == BAD


@pytest.mark.parametrize(
    "assertion", ["", "x", "a.b.c", "é", "x" * 20_000, "..", "eyJ.eyJ.x"], ids=lambda text: text[:9]
)
def test_what_is_no_jwt_is_refused(signer: Signer, assertion: str) -> None:
    assert signer.tried(assertion) == BAD


def test_keys_are_not_secrets_and_none_is_no_algorithm(signer: Signer) -> None:
    claims = signer.claims()
    unsigned = jwt.encode(claims, "", "none")
    head, body = jwt.utils.base64url_encode(b'{"alg":"HS256"}').decode(), unsigned.split(".")[1]
    mac = hmac.digest(json.dumps(public(EC_KEY)).encode(), f"{head}.{body}".encode(), "sha256")
    shared = f"{head}.{body}.{jwt.utils.base64url_encode(mac).decode()}"
    for assertion in (unsigned, shared, f"{unsigned}x"):
        assert signer.tried(assertion) == BAD, assertion


def test_a_keyed_client_must_use_its_key(signer: Signer) -> None:
    bare = {
        "grant_type": "refresh_token",
        "refresh_token": "x",
        "client_id": signer.client.client_id,
    }
    refused = signer.http.post("/oauth/token", data=bare)
    assert (refused.status_code, refused.get_json()["error"]) == BAD
    other = {"client_assertion": signer.assertion(), "client_assertion_type": "urn:other"}
    assert signer.http.post("/oauth/token", data={**bare, **other}).status_code == 401
    assert signer.tried(signer.assertion(), client_id="other") == BAD


def test_two_ways_at_once_are_refused(signer: Signer) -> None:
    assert signer.tried(signer.assertion(), client_secret="x") == (400, "invalid_request")


@pytest.mark.rfc("7523", "3")
def test_an_assertion_works_once(world: World) -> None:
    signer = registered(world, jwks={"keys": [public(EC_KEY)]})
    assertion = signer.assertion(jti="the same")
    found: list[tuple[int, str]] = []
    ready = threading.Barrier(8)

    def use() -> None:
        ready.wait()
        found.append(signer.tried(assertion))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [GOOD, *[BAD] * 7]
    assert signer.tried(signer.assertion(jti="another")) == GOOD


def test_an_assertion_that_lives_long_works_once_all_the_same(
    lone_world: World, clock: Clock
) -> None:
    signer = registered(lone_world, jwks={"keys": [public(EC_KEY)]})
    assertion = signer.assertion(exp=int(lone_world.at.timestamp()) + 600)
    assert signer.tried(assertion) == GOOD
    for _ in range(3):
        clock.forward(seconds=200)
        lone_world.app.test_client().post("/oauth/token")
        assert signer.tried(signer.assertion(jti="between" + str(clock.at))) == GOOD
        assert signer.tried(assertion) == BAD


def test_two_clients_may_choose_the_same_id(lone_world: World) -> None:
    for _ in range(2):
        signer = registered(lone_world, jwks={"keys": [public(EC_KEY)]})
        assert signer.tried(signer.assertion(jti="1")) == GOOD


@pytest.mark.parametrize("member", [{"use": "enc"}, {"alg": "ES384"}, {"kid": "other"}])
def test_a_key_for_something_else_proves_nothing(lone_world: World, member: dict[str, str]) -> None:
    signer = registered(lone_world, jwks={"keys": [public(EC_KEY, **member)]})
    assert signer.tried(signer.assertion({"kid": "mine"})) == BAD
