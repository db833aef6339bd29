"""`mandate service-account`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.domain.credentials.secrets import Prefix, is_well_formed
from tests.drivers.command_line import Mandate

ADD = ("service-account", "add", "Platform", "--scope", "directory:read", "--scope", "audit:read")


def test_an_account_is_told_its_secret_once(mandate: Mandate) -> None:
    added = mandate(*ADD, "--json").value
    secret = added.pop("client_secret")
    assert is_well_formed(secret, Prefix.CLIENT_SECRET)
    assert added["scopes"] == ["directory:read", "audit:read"]
    assert mandate("service-account", "list", "--json").value == [added]
    assert secret not in mandate("audit", "--json").out
    [event] = mandate("audit", "--json", "--kind", "service_account.added").value
    assert event["subject"] == added["client_id"]


def test_an_account_is_disabled_and_rotated_as_a_client(mandate: Mandate) -> None:
    client_id = mandate(*ADD, "--json").value["client_id"]
    assert mandate("client", "rotate", client_id, "--json").value["client_secret"]
    assert mandate("client", "disable", client_id, "--json").value["disabled"] is True
    [listed] = mandate("service-account", "list", "--json").value
    assert listed["disabled"] is True


@pytest.mark.parametrize("scope", ["api", "nothing", ""])
def test_a_capability_is_no_scope_of_administration(mandate: Mandate, scope: str) -> None:
    refused = mandate("service-account", "add", "Platform", "--scope", scope)
    assert "is not one of directory:read" in refused.reason


def test_an_account_may_prove_itself_by_a_key(mandate: Mandate, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "x": "a", "y": "b"}]}))
    added = mandate(*ADD, "--jwks", str(keys), "--json").value
    assert added["token_endpoint_auth_method"] == "private_key_jwt"
    assert "client_secret" not in added
    keys.write_text('{"keys": []}')
    assert "1 to 10 keys" in mandate(*ADD, "--jwks", str(keys)).reason
