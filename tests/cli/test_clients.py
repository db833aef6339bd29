"""`mandate client`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.clients.auth_methods import DEVICE_CODE
from app.domain.clients.logos import is_digest
from app.domain.credentials.secrets import Prefix, is_well_formed
from tests.drivers.command_line import Mandate
from tests.drivers.logos import BLUE, SVG, bomb, picture
from tests.drivers.registrations import KEY

CLIENT = ("client", "add", "--name", "Reports", "--redirect-uri", "https://reports.example/cb")


def test_a_confidential_client_is_told_its_secret_once(mandate: Mandate) -> None:
    added = mandate(*CLIENT, "--json").value
    assert is_well_formed(added["client_secret"], Prefix.CLIENT_SECRET)
    assert added["token_endpoint_auth_method"] == "client_secret_basic"
    assert added["redirect_uris"] == ["https://reports.example/cb"]
    assert added["grant_types"] == ["authorization_code", "refresh_token"]
    for later in (("client", "list", "--json"), ("audit", "--json")):
        assert added["client_secret"] not in mandate(*later).out


def test_a_public_client_has_no_secret(mandate: Mandate) -> None:
    added = mandate(*CLIENT, "--public", "--json").value
    assert "client_secret" not in added
    assert added["token_endpoint_auth_method"] == "none"
    assert "secret" not in mandate(*CLIENT, "--public").out


def test_a_public_client_may_have_the_scheme_of_an_editor(mandate: Mandate) -> None:
    uri = ("--redirect-uri", "cursor://anysphere.cursor-mcp/oauth/callback")
    added = mandate(*CLIENT, *uri, "--public", "--json").value
    assert added["redirect_uris"][1] == uri[1]
    assert "private-use scheme" in mandate(*CLIENT, *uri).reason


def test_people_see_the_secret_of_a_confidential_client(mandate: Mandate) -> None:
    out = mandate(*CLIENT).out
    assert any(is_well_formed(word, Prefix.CLIENT_SECRET) for word in out.split())


def test_options_that_repeat_are_all_taken(mandate: Mandate) -> None:
    more = ("--redirect-uri", "http://127.0.0.1/cb", "--grant", "authorization_code")
    added = mandate(*CLIENT, *more, "--auth-method", "client_secret_post", "--json").value
    assert added["redirect_uris"] == ["https://reports.example/cb", "http://127.0.0.1/cb"]
    assert added["grant_types"] == ["authorization_code"]
    assert added["token_endpoint_auth_method"] == "client_secret_post"


def test_an_operator_passes_on_the_developers_word(mandate: Mandate) -> None:
    word = ("--required", "api", "--required", "flows:edit", "--reason", "api=To read, to write")
    added = mandate(*CLIENT, *word, "--details-type", "project", "--json").value
    assert added["required"] == ["api", "flows:edit"]
    assert added["reasons"] == {"api": "To read, to write"}
    for bad in (("--required", "fly"), ("--reason", "api"), ("--details-type", "payment")):
        refused = mandate(*CLIENT, *bad)
        assert refused.code == 2
        assert bad[1] in refused.reason


@pytest.mark.parametrize(
    "bad",
    [
        ("--redirect-uri", "http://reports.example/cb"),
        ("--grant", "password"),
        ("--capability", "everything"),
        ("--auth-method", "none"),
    ],
)
def test_what_a_client_may_not_have_is_refused_and_nothing_registered(
    mandate: Mandate, bad: tuple[str, str]
) -> None:
    assert mandate(*CLIENT, *bad).reason
    assert mandate("client", "list", "--json").value == []


def test_disabling_a_client_is_seen_in_the_list(mandate: Mandate) -> None:
    client_id = mandate(*CLIENT, "--json").value["client_id"]
    assert mandate("client", "disable", client_id).code == 0
    assert mandate("client", "list", "--json").value[0]["disabled"] is True
    assert mandate("client", "disable", "unknown").reason


def test_a_public_client_with_an_auth_method_is_a_contradiction(mandate: Mandate) -> None:
    ran = mandate(*CLIENT, "--public", "--auth-method", "client_secret_post")
    assert ran.code == 2


def test_an_enabled_client_is_in_the_list_again(mandate: Mandate) -> None:
    client_id = mandate(*CLIENT, "--json").value["client_id"]
    mandate("client", "disable", client_id)
    enabled = mandate("client", "enable", client_id, "--json").value
    assert enabled["disabled"] is False
    assert mandate("client", "enable", client_id).code == 0
    assert mandate("client", "list", "--json").value[0]["disabled"] is False
    kinds = [event["kind"] for event in mandate("audit", "--json").value]
    assert kinds == ["client.added", "client.disabled", "client.enabled"]


@pytest.mark.parametrize("verb", ["disable", "enable", "rotate"])
@pytest.mark.parametrize("name", ["unknown", "\udcff", "a\x00b"])
def test_an_unknown_client_is_an_ordinary_refusal(mandate: Mandate, verb: str, name: str) -> None:
    assert mandate("client", verb, name).code == 3


def test_a_rotated_secret_is_shown_once_with_the_end_of_the_old_one(mandate: Mandate) -> None:
    added = mandate(*CLIENT, "--json").value
    client_id = added["client_id"]
    made = mandate("client", "rotate", client_id, "--json").value
    assert is_well_formed(made["client_secret"], Prefix.CLIENT_SECRET)
    assert made["client_secret"] != added["client_secret"]
    listed = mandate("client", "list", "--json").value[0]
    assert listed["previous_secret_until"] == made["previous_secret_until"]
    assert "old secret until" in mandate("client", "list").out
    for later in (("client", "list", "--json"), ("audit", "--json")):
        assert made["client_secret"] not in mandate(*later).out
    [event] = mandate("audit", "--kind", "client.secret_rotated", "--json").value
    assert (event["detail"]["overlap"], event["actor"]) == (86_400, "cli")
    ran = mandate("client", "rotate", client_id, "--overlap", "30m")
    assert "The old one works until" in ran.out
    ran = mandate("client", "rotate", client_id, "--overlap", "0")
    assert "The old one has stopped." in ran.out
    assert mandate("client", "list", "--json").value[0]["previous_secret_until"] is None


@pytest.mark.parametrize("span", ["31d", "999999d", "-1", "1", "1w", "", "2026-01-01", "٣d"])
def test_an_overlap_that_cannot_be_is_refused(mandate: Mandate, span: str) -> None:
    client_id = mandate(*CLIENT, "--json").value["client_id"]
    assert mandate("client", "rotate", client_id, f"--overlap={span}").code == 2
    assert mandate("audit", "--kind", "client.secret_rotated", "--json").value == []


def test_a_device_needs_no_redirect_uri(mandate: Mandate) -> None:
    add = ("client", "add", "--name", "Box", "--public", "--grant", DEVICE_CODE)
    added = mandate(*add, "--grant", "refresh_token", "--json").value
    assert added["redirect_uris"] == []
    assert added["grant_types"] == [DEVICE_CODE, "refresh_token"]
    assert "redirect URI" in mandate("client", "add", "--name", "Box").reason
    only = ("client", "add", "--name", "Box", "--grant", "refresh_token")
    assert "begin" in mandate(*only).reason


@pytest.fixture
def keys(tmp_path: Path) -> Any:
    """Write a file with keys and return its path."""

    def write(value: Any) -> str:
        path = tmp_path / "keys.json"
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return str(path)

    return write


def test_a_client_with_keys_has_no_secret(mandate: Mandate, keys: Any) -> None:
    for option in (("--jwks", keys({"keys": [KEY]})), ("--jwks-uri", "https://x.example/keys")):
        added = mandate(*CLIENT, *option, "--json").value
        assert added["token_endpoint_auth_method"] == "private_key_jwt"
        assert "client_secret" not in added
        assert "no secret" in mandate("client", "rotate", added["client_id"]).reason
    public = mandate(*CLIENT, "--public", "--json").value["client_id"]
    assert "no secret" in mandate("client", "rotate", public).reason


BAD_KEYS = {
    "no JSON": b"{",
    "not UTF-8": b"\xff",
    "no object": [],
    "no keys": {"keys": []},
    "a private key": {"keys": [{**KEY, "d": "x"}]},
    "a shared key": {"keys": [{"kty": "oct", "k": "x"}]},
    "large": b" " * 70_000,
}


@pytest.mark.parametrize("what", BAD_KEYS)
def test_keys_that_registration_would_refuse_are_refused(
    mandate: Mandate, keys: Any, what: str
) -> None:
    assert mandate(*CLIENT, "--jwks", keys(BAD_KEYS[what])).code == 2
    assert mandate("client", "list", "--json").value == []


def test_options_that_contradict_the_keys_are_refused(mandate: Mandate, keys: Any) -> None:
    good = ("--jwks", keys({"keys": [KEY]}))
    for more in (
        ("--public",),
        ("--auth-method", "client_secret_post"),
        ("--jwks-uri", "https://x.example/keys"),
    ):
        assert mandate(*CLIENT, *good, *more).code == 2
    assert mandate(*CLIENT, "--jwks", "/nowhere/keys.json").code == 2
    assert mandate(*CLIENT, "--jwks-uri", "http://x.example/keys").code == 2
    assert mandate("client", "list", "--json").value == []


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    file = tmp_path / "logo.webp"
    file.write_bytes(picture("WEBP"))
    return file


def test_an_operator_gives_a_tool_a_logo_and_another_one(mandate: Mandate, logo: Path) -> None:
    plain = mandate(*CLIENT, "--json").value
    assert plain["logo"] is None
    added = mandate(*CLIENT, "--logo", str(logo), "--json").value
    given = mandate("client", "logo", plain["client_id"], str(logo), "--json").value
    assert is_digest(added["logo"])
    assert given["logo"] == added["logo"]
    logo.write_bytes(picture(colour=BLUE))
    assert "has a new logo" in mandate("client", "logo", added["client_id"], str(logo)).out
    listed = [client["logo"] for client in mandate("client", "list", "--json").value]
    assert len({given["logo"], *listed}) == 2
    events = mandate("audit", "--kind", "client.updated", "--json").value
    assert [(e["actor"], e["detail"]["changed"]) for e in events] == [("cli", ["logo"])] * 2


def test_what_is_no_logo_is_refused_and_nothing_changed(mandate: Mandate, logo: Path) -> None:
    client_id = mandate(*CLIENT, "--json").value["client_id"]
    assert mandate("client", "logo", "unknown", str(logo)).code == 3
    for bad in (SVG, b"", bomb(), picture() + b"x" * 205_000):
        logo.write_bytes(bad)
        assert mandate(*CLIENT, "--logo", str(logo)).code == 2
        assert mandate("client", "logo", client_id, str(logo)).code == 2
    assert mandate("client", "logo", client_id, "/nowhere/logo.png").code == 2
    assert [client["logo"] for client in mandate("client", "list", "--json").value] == [None]
