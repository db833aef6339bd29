"""Secrets, rotation, PKCE, redirect URIs, resources, passwords, catalog."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import parse
from app.domain.clients import redirect_uris
from app.domain.credentials import pkce
from app.domain.credentials.passwords import canonical_name, check_password
from app.domain.credentials.refresh_rotation import Presented, RotationState, judge
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    is_sealed,
    is_well_formed,
    matches,
    new_refresh_token,
    new_secret,
    prefix_of,
    session_of,
    succeeding_refresh_token,
)
from app.domain.errors import Invalid, Misconfigured
from app.domain.resources import canonical, covers, is_resource_uri
from app.settings import PACKAGE

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SESSION = "a1B2c3D4e5F"


@pytest.mark.parametrize("prefix", Prefix)
def test_a_secret_has_the_form_of_the_contract(prefix: Prefix) -> None:
    text = new_secret(prefix)
    assert re.fullmatch(rf"{prefix}_[0-9A-Za-z]{{49}}", text)
    assert is_well_formed(text, prefix)
    assert prefix_of(text) is prefix
    assert new_secret(prefix) != text


@given(st.integers(5, 53), st.characters())
def test_a_changed_character_is_noticed(place: int, character: str) -> None:
    text = new_secret(Prefix.API_KEY)
    changed = text[:place] + character + text[place + 1 :]
    assert is_well_formed(changed, Prefix.API_KEY) is (changed == text)


@given(st.text())
def test_no_other_text_is_a_secret(text: str) -> None:
    assert prefix_of(text) is None
    assert session_of(text) is None


def test_only_the_digest_is_compared() -> None:
    text = new_secret(Prefix.CLIENT_SECRET)
    assert matches(text, digest(text))
    assert not matches(text, digest(text + "x"))
    assert not matches(text, None)
    assert not matches("é\ud800", digest(text))


def test_a_refresh_token_names_its_session_and_is_sealed() -> None:
    text = new_refresh_token(SESSION, "key")
    assert re.fullmatch(r"mdtr_[0-9A-Za-z]{49}", text)
    assert session_of(text) == SESSION
    assert is_sealed(text, "key")
    assert not is_sealed(text, "other")


def test_the_successor_needs_both_the_token_and_the_salt() -> None:
    first = new_refresh_token(SESSION, "key")
    successor = succeeding_refresh_token(first, "salt", "key")
    assert successor == succeeding_refresh_token(first, "salt", "key")
    assert successor != succeeding_refresh_token(first, "other salt", "key")
    assert successor != succeeding_refresh_token(new_refresh_token(SESSION, "key"), "salt", "key")
    assert session_of(successor) == SESSION
    assert is_sealed(successor, "key")


def test_rotation_judges_what_is_presented() -> None:
    old, before, now = (new_refresh_token(SESSION, "key") for _ in range(3))
    state = RotationState("key", digest(now), digest(before), AT)

    def seen(text: str, grace: int = 10, seconds: float = 5) -> Presented:
        return judge(text, state, grace=grace, at=AT + timedelta(seconds=seconds))

    assert seen(now) is Presented.CURRENT
    assert seen(before) is Presented.PREVIOUS_WITHIN_GRACE
    assert seen(before, seconds=10) is Presented.REPLAY
    assert seen(before, grace=0, seconds=0) is Presented.REPLAY, "0 is strict"
    assert seen(old) is Presented.REPLAY
    assert seen(new_refresh_token(SESSION, "made up")) is Presented.FORGED
    assert judge(now, RotationState("key", None, None, None), grace=10, at=AT) is Presented.REPLAY


def test_pkce_follows_the_example_of_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert pkce.challenge_of(verifier) == challenge
    assert pkce.proves(verifier, challenge)
    assert pkce.is_verifier("a.b~c-d_" * 16)
    assert not pkce.is_verifier("a" * 43 + "\n")


GOOD_URIS = [
    "https://x.example/cb",
    "https://x.example:8443/cb?a=1",
    "http://127.0.0.1/cb",
    "http://127.0.0.1:80/cb",
    "http://[::1]/cb",
    "http://localhost/callback",
    "com.example.app:/cb",
    "com.example.app://cb",
]
BAD_URIS = [
    "",
    "x",
    "/cb",
    "//x/cb",
    "http://x.example/cb",
    "https://",
    "https:///cb",
    "https://x/cb#f",
    "https://x/cb#",
    "https://u@x/cb",
    "https://x/*",
    "https://x/../cb",
    "https://x/./cb",
    "https://x/ b",
    "https://x/é",
    "https://x/\\",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://x/%0a",
    "data:text/html,x",
    "vbscript:x",
    "file:///x",
    "blob:x",
    "about:blank",
    "\thttps://x/cb",
    " https://x/cb",
    "myapp:/cb",
    "https://x/cb?code=1",
    "https://x/cb?a=1&state=2",
    "https://x/cb?iss=",
    "http://127.0.0.1:0/cb",
    "http://127.0.0.2/cb",
    "http://127.0.0.1@evil/cb",
    "https://[::1/cb",
    "https://x:99999/cb",
    "https://x/" + "a" * 2000,
    'https://x/"',
    "https://x/\n",
    "COM.example.app:/cb",
]


@pytest.mark.requirement("RG-02", "RG-03", "RG-04", "RG-05", "AZ-24", "AZ-37")
@pytest.mark.parametrize("uri", GOOD_URIS)
def test_these_redirect_uris_may_be_registered(uri: str) -> None:
    redirect_uris.check_redirect_uri(uri)


@pytest.mark.requirement("RG-02", "RG-03", "RG-04", "AZ-24", "AZ-37")
@pytest.mark.parametrize("uri", BAD_URIS)
def test_these_redirect_uris_may_not_be_registered(uri: str) -> None:
    with pytest.raises(Invalid):
        redirect_uris.check_redirect_uri(uri)


def test_the_host_shown_is_where_the_answer_goes() -> None:
    assert redirect_uris.host_of("https://x.example:8443/cb?a") == "x.example:8443"
    assert redirect_uris.host_of("com.example.app:/cb") == "com.example.app:"


@pytest.mark.parametrize(
    ("audience", "resource", "within"),
    [
        ("https://x/mcp", "https://x/mcp", True),
        ("https://x/mcp", "https://x/mcp/a", True),
        ("https://x/mcp/", "https://x/mcp/a", True),
        ("https://x/mcp", "https://x/mcpa", False),
        ("https://x/mcp", "https://x/", False),
        ("https://x", "https://x/a", True),
        ("https://x", "https://xy/a", False),
        ("https://x/mcp", "http://x/mcp", False),
        ("https://x:443/mcp", "HTTPS://X/mcp", True),
        ("https://x/mcp", "https://x:8443/mcp", False),
        ("https://x/mcp", "https://x/mcp/../api", False),
        ("https://x/mcp", "https://x/mcp/%2E%2e/api", False),
        ("https://x/mcp?a", "https://x/mcp?a/b", False),
    ],
)
def test_a_resource_lies_within_an_audience_or_not(
    audience: str, resource: str, within: bool
) -> None:
    assert covers(audience, resource) is within


def test_resources_are_absolute_uris_without_fragment() -> None:
    assert is_resource_uri("https://[::1]:8000/a?b")
    assert canonical("HTTPS://EXAMPLE.org:443") == "https://example.org/"
    assert canonical("http://[::1]:80/a") == "http://[::1]/a"
    for text in (
        "",
        "x",
        "https://",
        "https://x/#",
        "ftp://x/",
        "https://u@x/",
        "https://x/é",
        "https://x:y/",
        "https://x/ ",
    ):
        assert not is_resource_uri(text)


@pytest.mark.requirement("UI-30")
def test_long_passwords_of_any_kind_are_good() -> None:
    for text in (
        "fifteen letters",
        "é" * 7 + "ß日本 🙂 wörter",
        "x y" * 60,
        "just lower case words",
    ):
        check_password(text, username="ben", email="ben@example.org")


@pytest.mark.requirement("UI-30")
@pytest.mark.parametrize(
    "text", ["fourteen chars", "", "a" * 15, "PASSWORDpassword", "someone@example.org", "x" * 1025]
)
def test_short_common_or_own_passwords_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        check_password(text, username="ben", email="someone@example.org")


@pytest.mark.requirement("UI-26")
def test_every_spelling_of_a_name_is_one() -> None:
    spellings = ["Ben", "BEN", " ben ", "ｂｅｎ", "ben\u00a0"]
    assert {canonical_name(s) for s in spellings} == {"ben"}
    assert canonical_name("Straße") == canonical_name("STRASSE")


DEFAULT = (PACKAGE / "catalog.toml").read_text()


def test_the_default_catalog_has_seven_capabilities_and_three_roles() -> None:
    catalog = parse(DEFAULT)
    assert list(catalog.roles) == ["viewer", "editor", "admin"]
    assert list(catalog.capabilities) == [
        "mcp",
        "api",
        "apps:view",
        "apps:admin",
        "flows:edit",
        "secrets:edit",
        "endpoints:access",
    ]
    assert {c.name for c in catalog.capabilities.values() if c.sensitive} == {
        "apps:admin",
        "secrets:edit",
    }


BROKEN = [
    ('name = "editor"', "name = editor", "Invalid value"),
    ('name = "editor"', 'name = "viewer"', "stands twice"),
    ('name = "editor"', "name = 5", "must be text"),
    ('title = "Editor"', "", "'title' is missing"),
    ('title = "Editor"', 'titel = "Editor"', "not a key"),
    ('least_role = "admin"', 'least_role = "king"', "not a role"),
    ('sensitivity = "sensitive"', 'sensitivity = "secret"', "not one of"),
    ('name = "apps:view"', 'name = "apps view"', "cannot be a scope"),
]


@pytest.mark.parametrize(("good", "bad", "why"), BROKEN, ids=[b[2] for b in BROKEN])
def test_a_broken_catalog_names_the_line(good: str, bad: str, why: str) -> None:
    text = DEFAULT.replace(good, bad, 1)
    line = DEFAULT[: DEFAULT.index(good)].count("\n") + 1
    with pytest.raises(Misconfigured, match=re.escape(why)) as refusal:
        parse(text)
    found = re.search(r"line (\d+)", refusal.value.public)
    assert found
    header = next(n for n in range(line, 0, -1) if text.splitlines()[n - 1].startswith("[["))
    assert int(found[1]) in (line, header)


@pytest.mark.parametrize(
    "text",
    ["", "[[roles]]", "roles = 5", "x = 1", '[roles]\nname = "x"', DEFAULT + "\n[other]\na = 1"],
)
def test_a_catalog_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        parse(text)
