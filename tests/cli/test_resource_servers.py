"""`mandate resource-server`."""

from __future__ import annotations

import pytest

from app.domain.credentials.secrets import Prefix, is_well_formed
from tests.drivers.command_line import Mandate

AUDIENCE = "https://api.example/"


def test_a_resource_server_is_told_its_secret_once(mandate: Mandate) -> None:
    add = ("resource-server", "add", "api", "--audience", AUDIENCE)
    added = mandate(*add, "--json").value
    assert added["client_id"] == "api"
    assert is_well_formed(added["client_secret"], Prefix.CLIENT_SECRET)
    assert added["client_secret"] not in mandate("audit", "--json").out
    assert "already" in mandate(*add).reason


@pytest.fixture
def secret(mandate: Mandate) -> str:
    """The secret of a resource server."""
    add = ("resource-server", "add", "api", "--audience", AUDIENCE)
    return str(mandate(*add, "--json").value["client_secret"])


def listed(mandate: Mandate) -> dict[str, object]:
    [only] = mandate("resource-server", "list", "--json").value
    return dict(only)


def test_the_list_says_what_there_is_and_no_secret(mandate: Mandate, secret: str) -> None:
    assert listed(mandate) == {
        "client_id": "api",
        "audience": AUDIENCE,
        "introspection_endpoint_auth_method": "client_secret_basic",
        "disabled": False,
        "previous_secret_until": None,
    }
    assert secret not in mandate("resource-server", "list").out


def test_a_rotated_secret_is_shown_once(mandate: Mandate, secret: str) -> None:
    made = mandate("resource-server", "rotate", "api", "--overlap", "2h", "--json").value
    assert is_well_formed(made["client_secret"], Prefix.CLIENT_SECRET)
    assert made["client_secret"] != secret
    assert listed(mandate)["previous_secret_until"] == made["previous_secret_until"]
    assert made["client_secret"] not in mandate("audit", "--json").out
    assert "has stopped" in mandate("resource-server", "rotate", "api", "--overlap", "0").out
    assert mandate("resource-server", "rotate", "api", "--overlap", "31d").code == 2
    events = mandate("audit", "--kind", "resource_server.secret_rotated", "--json").value
    assert [event["detail"]["overlap"] for event in events] == [7_200, 0]


def test_a_server_is_disabled_and_enabled(mandate: Mandate, secret: str) -> None:
    assert mandate("resource-server", "disable", "api", "--json").value["disabled"] is True
    assert listed(mandate)["disabled"] is True
    assert "disabled" in mandate("resource-server", "list").out
    assert mandate("resource-server", "enable", "api", "--json").value["disabled"] is False
    assert listed(mandate)["disabled"] is False


def test_removing_says_what_becomes_of_the_audience(mandate: Mandate, secret: str) -> None:
    twin = ("resource-server", "add", "twin", "--audience", AUDIENCE)
    mandate(*twin)
    assert f"still get tokens for {AUDIENCE}." in mandate("resource-server", "remove", "twin").out
    removed = mandate("resource-server", "remove", "api", "--json").value
    assert removed == {
        "client_id": "api",
        "audience": AUDIENCE,
        "audience_known": False,
    }
    assert mandate("resource-server", "list", "--json").value == []
    mandate(*twin)
    assert "get no more tokens" in mandate("resource-server", "remove", "twin").out


@pytest.mark.parametrize("verb", ["rotate", "disable", "enable", "remove"])
@pytest.mark.parametrize("name", ["unknown", "\udcff", "a\x00b"])
def test_an_unknown_server_is_an_ordinary_refusal(mandate: Mandate, verb: str, name: str) -> None:
    assert mandate("resource-server", verb, name).code == 3
