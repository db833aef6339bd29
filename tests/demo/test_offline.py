"""A demo on a machine without internet: what it advertises, and what it says of that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.drivers.demo_browser import Browser
from tests.drivers.demo_process import Process, Start
from tests.drivers.outbound_proxy import outbound_proxy
from tests.drivers.sites import answer, authority, document, site

pytestmark = pytest.mark.slow

SAID = "does not reach the internet"


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the demo trust the authority of the sites of the test."""
    root = tmp_path / "root.pem"
    root.write_bytes(authority().root)
    monkeypatch.setenv("SSL_CERT_FILE", str(root))


def by_proxy(tmp_path: Path, url: str) -> Path:
    """Name a proxy in the demo's settings, as a person does; the demo's own way out is not used."""
    directory = tmp_path / "demo"
    directory.mkdir(exist_ok=True)
    file = directory / "environ.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**kept, "MANDATE_OUTBOUND_PROXY": url}))
    return directory


def metadata_of(process: Process) -> dict[str, Any]:
    issuer = process.addresses.issuer
    with httpx.Client(trust_env=False) as http:
        found: dict[str, Any] = http.get(f"{issuer}/.well-known/oauth-authorization-server").json()
    return found


def test_without_internet_it_tells_clients_to_register_and_says_so(
    start: Start, tmp_path: Path, trusted: None
) -> None:
    with site() as closed:
        nowhere = f"http://127.0.0.1:{closed.port}"
    by_proxy(tmp_path, nowhere)
    process = start()
    demo = process.ready()
    assert SAID in process.greeting
    assert process.greeting.rstrip().endswith("Ctrl-C stops.")
    metadata = metadata_of(process)
    assert metadata["client_id_metadata_document_supported"] is False
    body = {"redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none"}
    with httpx.Client(trust_env=False) as http:
        assert http.post(metadata["registration_endpoint"], json=body).status_code == 201
    with site() as made, Browser() as browser:
        url = made.url(host="localhost")
        made.handler = answer(document(url, redirect_uris=["http://127.0.0.1/callback"]))
        page = browser.get(f"{demo['issuer']}/login")
        user = demo["users"][1]
        browser.sign_in(page, user["username"], user["password"])
        query = {
            "response_type": "code",
            "client_id": url,
            "redirect_uri": "http://127.0.0.1:5000/callback",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
        }
        page = browser.get(f"{demo['issuer']}/oauth/authorize?{urlencode(query)}")
        assert "Published by <code>localhost" in page.text
        query["client_id"] = "https://claude.ai/oauth/claude-code-client-metadata"
        page = browser.get(f"{demo['issuer']}/oauth/authorize?{urlencode(query)}")
        assert "claude.ai is none of them" in page.text
    assert process.end()[0] == 0


def test_with_a_way_out_it_advertises_documents_again(
    start: Start, tmp_path: Path, trusted: None
) -> None:
    with site(answer({}, status="404 Not Found")) as made, outbound_proxy(made.port) as proxy:
        directory = by_proxy(tmp_path, proxy.url())
        settings = json.loads((directory / "environ.json").read_text())
        settings["MANDATE_CLIENT_DOCUMENTS"] = "localhost,127.0.0.1"  # as a start offline left it
        (directory / "environ.json").write_text(json.dumps(settings))
        process = start()
        process.ready()
        assert proxy.asked == ["claude.ai:443"]
        assert SAID not in process.greeting
        assert metadata_of(process)["client_id_metadata_document_supported"] is True
        assert process.end()[0] == 0
