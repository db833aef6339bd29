"""The link of a refused call leads to the editor, with what is missing marked."""

from __future__ import annotations

import re

import pytest

from tests.drivers.editor import Editor

MARKED = re.compile(
    r'<label[^>]*>([^<]+)</label>\s*(?:<span class="tag tag-warn">powerful</span>)?'
    r'\s*<span class="tag tag-new">missing</span>'
)


@pytest.fixture
def refused(lone_editor: Editor) -> str:
    """Give the query of the link that introspection answers for a refused call."""
    told = {"capability": "secrets:edit", "project": "website"}
    denied = lone_editor.tool.introspect(lone_editor.token, **told)["denied"]
    address, _, query = str(denied["link"]).partition("?")
    assert address.endswith(lone_editor.address)
    return f"?{query}"


def test_what_a_call_lacked_is_marked_and_not_ticked(lone_editor: Editor, refused: str) -> None:
    page = lone_editor.page(refused).text
    assert "A call was refused. It lacked “Manage secrets” and Website" in page
    assert MARKED.findall(page) == ["Manage secrets"]
    assert '<bdi>Website</bdi> <span class="tag tag-new">missing</span>' in page
    assert "Changes nothing." in page, "nothing is chosen for anybody"
    assert 'data-first="access"' in page, "the editor is in sight, not the checker"


def test_what_is_missing_can_be_given_there(lone_editor: Editor, refused: str) -> None:
    lone_editor.page(refused)
    lone_editor.post(
        capabilities=["api", "flows:edit", "secrets:edit"],
        expires_in="keep",
        **{"project-payments": "editor", "project-website": "editor"},
    )
    told = {"capability": "secrets:edit", "project": "website"}
    assert "denied" not in lone_editor.tool.introspect(lone_editor.token, **told)


@pytest.mark.parametrize(
    "query",
    ["?give=nope&project=nowhere", "?give=", "?give=<b>x</b>&mcp_server=%00", "?give=a" * 40],
)
def test_a_link_of_somebody_else_says_nothing_of_its_own(lone_editor: Editor, query: str) -> None:
    page = lone_editor.page(query).text
    assert "A call was refused" not in page
    assert "<b>x</b>" not in page
