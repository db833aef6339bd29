"""Leaked secrets are reported by a scanner: they stop, and the answer says nothing of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.test import TestResponse

from app.domain.credentials.secrets import Prefix, new_refresh_token, new_secret, session_of
from app.domain.errors import Misconfigured
from app.settings import Settings
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, environment, running_world
from tests.drivers.owner import LIST, Owner
from tests.drivers.world import World

ADDRESS = "/oauth/leak-reports"
URL = "https://code.example/somebody/thing/blob/main/.env"


def pem_of(key: Any) -> str:
    found: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found.decode()


def written(path: Path, *keys: Any) -> str:
    entries = [
        {"key_identifier": f"k{n}", "key": pem_of(k), "is_current": True}
        for n, k in enumerate(keys)
    ]
    path.write_text(json.dumps({"public_keys": entries}))
    return str(path)


class Scanner:
    """A secret scanner with its key."""

    def __init__(self, world: World, key: ec.EllipticCurvePrivateKey) -> None:
        self.http = world.app.test_client(use_cookies=False)
        self.key = key

    def report(self, *texts: str, **changes: Any) -> TestResponse:
        leaks = [
            {"token": text, "type": "mandate_api_key", "url": URL, "source": "content"}
            for text in texts
        ]
        body = changes.get("body", json.dumps(leaks).encode())
        signature = base64.b64encode(
            self.key.sign(changes.get("signed", body), ec.ECDSA(SHA256()))
        ).decode()
        headers = {
            "Github-Public-Key-Identifier": changes.get("identifier", "k0"),
            "Github-Public-Key-Signature": changes.get("signature", signature),
        }
        return self.http.post(ADDRESS, data=body, headers=headers, content_type="application/json")


@pytest.fixture
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def scanned(database: Prepared, tmp_path: Path, key: ec.EllipticCurvePrivateKey) -> Iterator[World]:
    with running_world(
        database, Clock(), MANDATE_LEAK_REPORT_KEYS=written(tmp_path / "keys", key)
    ) as world:
        yield world


@pytest.mark.requirement("AK-13")
def test_a_reported_key_is_revoked_and_its_owner_told(
    scanned: World, key: ec.EllipticCurvePrivateKey
) -> None:
    ben, scanner = Owner(scanned), Scanner(scanned, key)
    leaked, other = ben.make(), ben.make(name="Other")
    address = ben.address(leaked)
    good = scanner.report(leaked)
    assert (good.status_code, good.data) == (204, b"")
    assert not ben.tool.is_active(leaked)
    assert ben.tool.is_active(other)
    (event,) = scanned.audit("api_key.leaked")
    told = {"address": "127.0.0.1", "name": "Nightly deploy", "url": URL}
    assert (event.actor, event.detail) == ("secret scanner", told)
    assert f"Found in public at {URL}, and revoked." in ben.browser.get(address).text
    assert "found in public" not in Owner(scanned, "cleo").browser.get(LIST).text
    page = ben.browser.get(LIST).text
    assert "Nightly deploy" in page.split("was found in public")[0][-400:]
    unknown = scanner.report(new_secret(Prefix.API_KEY), "nonsense", leaked)
    assert (unknown.status_code, unknown.data) == (good.status_code, good.data), "it tells nothing"


@pytest.mark.requirement("AK-13")
def test_a_reported_token_ends_its_session(scanned: World, key: ec.EllipticCurvePrivateKey) -> None:
    ben, scanner = Owner(scanned), Scanner(scanned, key)
    for kind in ("access_token", "refresh_token"):
        tokens = ben.tool.tokens()
        assert scanner.report(tokens[kind]).status_code == 204
        assert not ben.tool.is_active(tokens["access_token"])
        assert ben.tool.refresh(tokens["refresh_token"]).status_code == 400


@pytest.mark.requirement("AK-13")
def test_a_report_that_comes_twice_counts_once(
    scanned: World, key: ec.EllipticCurvePrivateKey
) -> None:
    ben, scanner = Owner(scanned), Scanner(scanned, key)
    leaked, tokens = ben.make(), ben.tool.tokens()
    for _ in range(2):
        assert scanner.report(leaked, leaked, *tokens_of(tokens)).status_code == 204
    assert len(scanned.audit("api_key.leaked")) == 1
    assert len(scanned.audit("session.ended")) == 1
    revoked = "SELECT version FROM authorizations WHERE revoked_at IS NOT NULL"
    assert scanned.execute(revoked) == [(2,)]
    assert ben.browser.get(LIST).text.count("was found in public") == 1


def tokens_of(answer: dict[str, Any]) -> tuple[str, str]:
    return answer["access_token"], answer["refresh_token"]


@pytest.mark.requirement("AK-13")
def test_a_made_up_refresh_token_that_names_a_session_changes_nothing(
    scanned: World, key: ec.EllipticCurvePrivateKey
) -> None:
    ben, scanner = Owner(scanned), Scanner(scanned, key)
    tokens = ben.tool.tokens()
    [[session_id]] = scanned.execute("SELECT id FROM sessions")
    made_up = new_refresh_token(str(session_id), "made up")
    assert session_of(made_up) == session_id
    answer = scanner.report(made_up, new_refresh_token("a1B2c3D4e5F", "x"))
    assert (answer.status_code, answer.data) == (204, b"")
    assert scanned.audit("session.ended") == []
    assert ben.tool.is_active(tokens["access_token"])
    assert ben.tool.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.requirement("AK-13", "XC-03")
@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://x.example/" + "y" * 5_000, "https://x.example/" + "y" * 1_982),
        ("https://x.example/\x1b[31m\r\nx", "an unknown place"),
        ("\u202egnp.exe", "an unknown place"),
        ("\ud800", "an unknown place"),
        ({"a": 1}, "an unknown place"),
        (None, "an unknown place"),
    ],
)
def test_an_odd_place_of_a_leak_is_cut_or_left_out(
    scanned: World, key: ec.EllipticCurvePrivateKey, url: object, kept: str
) -> None:
    ben = Owner(scanned)
    leaked = ben.make()
    body = json.dumps([{"token": leaked, "type": "mandate_api_key", "url": url}]).encode()
    assert Scanner(scanned, key).report(body=body).status_code == 204
    assert not ben.tool.is_active(leaked)
    assert [event.detail["url"] for event in scanned.audit("api_key.leaked")] == [kept]
    assert f"at <code>{kept}</code>" in ben.browser.get(LIST).text


@pytest.mark.requirement("AK-13")
@pytest.mark.parametrize(
    "changes",
    [
        {"identifier": "k1"},
        {"identifier": ""},
        {"signature": ""},
        {"signature": "%%%"},
        {"signature": "AAAA"},
        {"signed": b"[]"},
    ],
)
def test_without_a_good_signature_nothing_happens(
    scanned: World, key: ec.EllipticCurvePrivateKey, changes: dict[str, Any]
) -> None:
    ben = Owner(scanned)
    text = ben.make()
    assert Scanner(scanned, key).report(text, **changes).status_code == 401
    assert ben.tool.is_active(text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"token": 1}]',
        b'[{"token": "x", "token": "y"}]',
        b"\xff",
        b"[" * 5000,
        json.dumps([{"token": "x"}] * 101).encode(),
    ],
)
def test_a_body_that_is_no_report_is_refused(
    scanned: World, key: ec.EllipticCurvePrivateKey, body: bytes
) -> None:
    assert Scanner(scanned, key).report(body=body).status_code == 400


def test_without_keys_the_address_is_closed(
    lone_world: World, key: ec.EllipticCurvePrivateKey
) -> None:
    assert Scanner(lone_world, key).report("x").status_code == 404


@pytest.mark.requirement("XC-12")
@pytest.mark.parametrize(
    "content", ["", "{}", '{"public_keys": [{"key_identifier": "x", "key": "y"}]}', "[]"]
)
def test_unreadable_keys_stop_the_start(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys"
    path.write_text(content)
    with pytest.raises(Misconfigured, match="LEAK_REPORT_KEYS"):
        Settings.from_environ(environment("sqlite:///x.db", MANDATE_LEAK_REPORT_KEYS=str(path)))


@pytest.mark.requirement("XC-12")
def test_only_keys_on_p256_are_taken(tmp_path: Path) -> None:
    for wrong in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        path = written(tmp_path / "keys", wrong)
        with pytest.raises(Misconfigured, match="P-256"):
            Settings.from_environ(environment("sqlite:///x.db", MANDATE_LEAK_REPORT_KEYS=path))
