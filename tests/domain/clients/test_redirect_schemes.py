"""Schemes that may carry an answer to a program on a person's computer."""

from __future__ import annotations

import pytest

from app.domain.clients.redirect_schemes import EDITORS, NEVER, SCHEME, is_command, is_never


def test_editors_are_no_danger_and_have_the_form_of_schemes() -> None:
    assert {"cursor", "vscode", "vscode-insiders", "windsurf", "zed"} <= EDITORS
    assert all(SCHEME.fullmatch(scheme) and not is_never(scheme) for scheme in EDITORS)
    assert all(SCHEME.fullmatch(scheme) for scheme in NEVER)


@pytest.mark.requirement("RG-02")
@pytest.mark.parametrize(
    "scheme",
    [
        *("javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"),
        *("intent", "jar", "chrome", "chrome-extension", "mailto", "tel", "sms", "ws", "wss"),
        *("ssh", "ftp", "smb", "ldap", "search-ms", "ms-settings", "ms-msdt", "ms-officecmd"),
        *("microsoft-edge", "microsoft.windows.camera", "x-apple.systempreferences", "http"),
    ],
)
def test_what_a_browser_or_a_system_opens_itself_is_never_a_tool(scheme: str) -> None:
    assert is_never(scheme)


def test_an_editor_is_sent_back_to_and_not_commanded() -> None:
    assert all(is_command(scheme, "file") and is_command(scheme, "") for scheme in EDITORS)
    assert not is_command("cursor", "anysphere.cursor-mcp")
    assert not is_command("myapp", "file"), "what the operator lists is the operator's to know"
