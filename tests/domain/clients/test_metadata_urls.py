"""Addresses of metadata documents: which may be fetched, and how long an answer is fresh."""

from __future__ import annotations

import pytest

from app.domain.clients.metadata_urls import (
    freshness,
    is_client_id_url,
    is_loopback_host,
    may_ask_for,
    may_connect,
)
from tests.drivers.metadata_documents import BAD_URLS, SPECIAL


@pytest.mark.requirement("CM-02")
@pytest.mark.parametrize("address", SPECIAL)
def test_a_special_address_may_not_be_connected_to(address: str) -> None:
    assert not may_connect(address, 443, loopback=False)


@pytest.mark.requirement("CM-02")
@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07::1", "1.1.1.1"]
)
@pytest.mark.parametrize(
    ("port", "may"),
    [(443, True), (8443, True), *((port, False) for port in (0, 22, 25, 80, 6379, 5432))],
)
def test_a_public_address_may_be_connected_to_at_the_ports_of_the_web(
    address: str, port: int, may: bool
) -> None:
    assert may_connect(address, port, loopback=False) is may


def test_loopback_is_for_a_server_that_is_on_loopback_itself() -> None:
    assert may_connect("127.0.0.1", 40_000, loopback=True)
    assert may_connect("::1", 40_000, loopback=True)
    assert not may_connect("10.0.0.1", 443, loopback=True)
    assert not may_connect("169.254.169.254", 443, loopback=True)


@pytest.mark.requirement("CM-02")
@pytest.mark.parametrize("address", [a for a in SPECIAL if a != "not an address"])
def test_a_proxy_is_not_asked_for_a_special_address(address: str) -> None:
    assert not may_ask_for(address, 443)


@pytest.mark.parametrize("host", ["tool.example", "93.184.215.14", "2606:2800:21f:cb07::1"])
def test_a_proxy_is_asked_for_names_and_public_addresses_at_the_ports_of_the_web(
    host: str,
) -> None:
    assert [may_ask_for(host, port) for port in (443, 8443, 80, 22, 0)] == [True, True] + [
        False
    ] * 3


@pytest.mark.rfc("6761", "6.3")
@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("localhost.", True),
        ("x.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.example", False),
        ("notlocalhost", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_a_host_is_this_machine_by_its_name_or_address(host: str, is_loopback: bool) -> None:
    assert is_loopback_host(host) is is_loopback


@pytest.mark.rfc("9111", "4.2.1")
@pytest.mark.requirement("CM-13")
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": "max-age=60", "age": "20"}, 40),
        ({"cache-control": "no-store"}, 0),
        ({"cache-control": "no-cache, max-age=60"}, 0),
        ({"cache-control": "private"}, 0),
        ({"cache-control": "max-age=60, s-maxage=10"}, 10),
        ({"cache-control": "max-age=315360000"}, 86_400),
        ({"cache-control": "max-age=" + "9" * 5_000}, 86_400),
        ({}, 300),
        ({"cache-control": "public"}, 300),
        ({"cache-control": "max-age=60", "age": "x"}, 60),
        ({"cache-control": "max-age=60", "age": "90"}, 0),
        ({"cache-control": 'MAX-AGE="60"'}, 60),
        ({"expires": "Mon, 23 Nov 2026 10:01:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 60),
        ({"expires": "0", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 0),
        ({"expires": "x"}, 0),
        (
            {
                "expires": "Mon, 23 Nov 2026 10:00:00 +99999999999999999999",
                "date": "Mon, 23 Nov 2026 10:00:00 GMT",
            },
            0,
        ),
    ],
)
def test_freshness_is_what_rfc_9111_says(headers: dict[str, str], seconds: int) -> None:
    assert freshness(headers) == seconds


@pytest.mark.parametrize(
    "url",
    [
        "https://claude.ai/oauth/claude-code-client-metadata",
        "https://vscode.dev/oauth/client-metadata.json",
        "https://chatgpt.com/oauth/abc/client.json",
        "https://tool.example:8443/c?v=1",
        "https://tool.example/.well-known/c",
    ],
)
def test_urls_of_documents_in_use_are_good(url: str) -> None:
    assert is_client_id_url(url)


@pytest.mark.requirement("CM-01")
@pytest.mark.parametrize("url", BAD_URLS)
def test_what_could_lead_astray_is_no_address_of_a_document(url: str) -> None:
    assert not is_client_id_url(url)
