"""Names that nobody vouches for."""

from __future__ import annotations

import pytest

from app.domain.clients.claimed_names import check_claimed_name, likeness
from app.domain.errors import MetadataRefused


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Reports", "REPORTS"),
        ("Reports", "Rеports"),  # a Cyrillic e
        ("Reports", "Rép0rts"),
        ("Reports", "Ｒｅｐｏｒｔｓ"),
        ("Reports", "𝕽𝖊𝖕𝖔𝖗𝖙𝖘"),
        ("Night deploy", "Night-deploy"),
        ("Night deploy", "N i g h t deploy."),
    ],
)
def test_these_look_alike(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Reports", "Report"), ("Claude Code", "Codex"), ("Flow", "Glow")]
)
def test_these_do_not(one: str, other: str) -> None:
    assert likeness(one) != likeness(other)


@pytest.mark.parametrize(
    "name",
    [
        "𝕍erified ✔ registered by your administrator",
        "Verified",
        "VERIFIED tool",
        "Vеrifiеd",
        "veri fied",
        "Helper (registered by your administrator)",
        "published by claude.ai",
        "Mandate",
        "M4ndate support",
        "mandаte",
    ],
)
def test_our_own_words_are_no_names(name: str) -> None:
    with pytest.raises(MetadataRefused):
        check_claimed_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Claude Code",
        "Codex",
        "Cursor",
        "Visual Studio Code",
        "mcp-remote",
        "Mandated reports",
        "工具",
        "Verify",
    ],
)
def test_ordinary_names_are_names(name: str) -> None:
    check_claimed_name(name)
