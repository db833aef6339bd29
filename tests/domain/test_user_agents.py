"""What a user agent is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.user_agents import device_name

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = "Chrome/141.0.0.0 Safari/537.36"
LINUX = f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT}"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) "
    "AppleWebKit/605.1.15 (KHTML, like Gecko)"
)
PIXEL = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT}"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on Linux",
        ),
        (f"{LINUX} {CHROME}", "Chrome on Linux"),
        (f"{LINUX} HeadlessChrome/141.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"{WINDOWS} {CHROME} Edg/141.0.0.0", "Edge on Windows"),
        (f"{WINDOWS} {CHROME} OPR/122.0.0.0", "Opera on Windows"),
        (
            f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
            "Safari on macOS",
        ),
        (f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (f"{IPHONE} CriOS/141.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (f"{PIXEL} Chrome/141.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            f"{PIXEL} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + WEBKIT + " " + CHROME, "Chrome on ChromeOS"),
        (
            f"{MAC} {WEBKIT} Claude/1.0 Chrome/138.0 Electron/37.2 Safari/537.36",
            "Desktop app on macOS",
        ),
        (
            "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1",
            "PowerShell on Windows",
        ),
        ("Mozilla/5.0 Firefox/145.0", "Firefox"),
        ("curl/8.5.0", "curl"),
        ("Wget/1.21.4", "Wget"),
        ("node", "Node.js program"),
        ("undici", "Node.js program"),
        ("python-requests/2.32.5", "Python program (requests)"),
        ("python-httpx/0.28.1", "Python program (httpx)"),
        ("Python-urllib/3.11", "Python program (urllib)"),
        ("Go-http-client/1.1", "Go program"),
        ("okhttp/5.1.0", "Java program (OkHttp)"),
    ],
)
def test_known_devices_have_readable_names(agent: str, name: str) -> None:
    assert device_name(agent) == name


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Terraform/1.13 provider", "Terraform/1.13 provider"),
        ("x" * 300, "x" * 60),
        ("Mozilla/5.0 (odd)", "Mozilla/5.0 (odd)"),
        ("", "Unknown device"),
        (" \t ", "Unknown device"),
    ],
)
def test_other_devices_are_shown_as_they_came(agent: str, name: str) -> None:
    assert device_name(agent) == name


@given(st.text())
def test_a_name_is_never_empty_nor_long(agent: str) -> None:
    assert 0 < len(device_name(agent)) <= 60
