"""Redirect URIs: which may be registered, and which one is meant."""

from __future__ import annotations

import pytest

from app.domain.clients import redirect_uris
from app.domain.clients.redirect_schemes import EDITORS
from app.domain.errors import Invalid

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


@pytest.mark.rfc("8252", "7.3")
@pytest.mark.parametrize(
    ("requested", "registered", "same"),
    [
        ("https://x/cb", "https://x/cb", True),
        ("https://x/cb", "https://x/cb/", False),
        ("https://x:443/cb", "https://x/cb", False),
        ("https://X/cb", "https://x/cb", False),
        ("https://x/cb?a", "https://x/cb", False),
        ("https://x:8443/cb", "https://x/cb", False),
        ("http://127.0.0.1:5/cb", "http://127.0.0.1/cb", True),
        ("http://127.0.0.1/cb", "http://127.0.0.1:5/cb", True),
        ("http://[::1]:65535/cb", "http://[::1]/cb", True),
        ("http://localhost:5/cb?a", "http://localhost/cb?a", True),
        ("http://localhost:5/cb?b", "http://localhost/cb?a", False),
        ("http://localhost:5/cb?a", "http://localhost/cb", False),
        ("http://localhost:5/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:5/other", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:65536/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:0/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:5/cb#f", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:5@evil/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:5/cb\n", "http://127.0.0.1/cb", False),
        ("com.example:/cb", "com.example:/cb", True),
        ("com.example:/cb2", "com.example:/cb", False),
    ],
)
def test_the_port_of_a_loopback_redirect_is_free_and_nothing_else_is(
    requested: str, registered: str, same: bool
) -> None:
    assert redirect_uris.is_registered(requested, ("https://other/", registered)) is same
    assert not redirect_uris.is_registered(requested, ())


def test_a_scheme_without_a_dot_is_taken_when_it_is_listed() -> None:
    redirect_uris.check_redirect_uri("cursor://x/cb", frozenset({"cursor"}))
    with pytest.raises(Invalid):
        redirect_uris.check_redirect_uri("javascript:alert(1)", frozenset({"cursor"}))


@pytest.mark.requirement("RG-02")
@pytest.mark.parametrize("scheme", ["javascript", "intent", "ms-settings", "view-source", "file"])
def test_a_scheme_that_runs_or_reads_is_not_taken_even_when_it_is_listed(scheme: str) -> None:
    with pytest.raises(Invalid):
        redirect_uris.check_redirect_uri(f"{scheme}:x/cb", frozenset({scheme}))


@pytest.mark.requirement("RG-02")
@pytest.mark.parametrize(
    "uri",
    [
        "vscode://file/etc/passwd",
        "vscode://FILE/etc/passwd",
        "vscode-insiders://vscode-remote/ssh-remote+x/home",
        "vscode:mcp/install",
        "vscode:extension/x.y",
        "vscode:///file/x",
        "cursor://anysphere.cursor-deeplink/mcp/install?name=x",
        "zed://settings/x",
    ],
)
def test_a_command_to_an_editor_is_no_redirect_uri(uri: str) -> None:
    with pytest.raises(Invalid, match="command"):
        redirect_uris.check_redirect_uri(uri, EDITORS)


@pytest.mark.parametrize(
    "uri",
    [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "vscode://saoudrizwan.claude-dev/mcp-auth/callback/x",
        "windsurf://codeium.windsurf/callback",
    ],
)
def test_an_extension_of_an_editor_may_be_the_way_back(uri: str) -> None:
    redirect_uris.check_redirect_uri(uri, EDITORS)


@pytest.mark.parametrize("uri", ["x-apple.systempreferences:x", "microsoft.windows.camera:x"])
def test_a_dot_does_not_make_a_system_s_scheme_a_tool_s(uri: str) -> None:
    with pytest.raises(Invalid):
        redirect_uris.check_redirect_uri(uri)


def test_a_private_use_scheme_is_no_web_page() -> None:
    assert redirect_uris.is_web("https://x/cb")
    assert redirect_uris.is_web("http://127.0.0.1/cb")
    assert not redirect_uris.is_web("com.example:/cb")
