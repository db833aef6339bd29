"""Pausing, resuming and revoking an Authorization, and ending its sessions."""

from __future__ import annotations

import re

import pytest

from tests.drivers.editor import NARROW, Editor, posted_page
from tests.drivers.tool import USUAL, Tool


@pytest.mark.slow
def test_revoking_twice_is_one_event_and_one_version(tool: Tool) -> None:
    token = tool.tokens({**USUAL, "expires_in": ""})["access_token"]
    address = f"/settings/authorizations/{tool.introspect(token)['authorization_id']}"
    page = tool.browser.get(address)
    found = []
    for _ in range(2):
        assert tool.browser.submit(page, f"{address}/revoke").status_code == 303
        found.append(tool.world.execute("SELECT version, revoked_at FROM authorizations"))
        tool.world.clock.forward(seconds=60)
    assert found[0] == found[1]
    assert found[0][0][0] == 2
    assert len(tool.world.audit("authorization.revoked")) == 1


def test_pause_and_resume(editor: Editor) -> None:
    browser, page = editor.browser, editor.page()
    assert browser.submit(page, f"{editor.address}/pause").status_code == 303
    assert not editor.tool.is_active(editor.token)
    assert "It is paused." in editor.page().text
    refreshed = editor.tool.refresh(editor.tokens["refresh_token"])
    assert refreshed.status_code == 200, "the tool stays connected"
    assert browser.submit(page, f"{editor.address}/pause").status_code == 303, "twice is no error"
    assert browser.submit(page, f"{editor.address}/resume").status_code == 303
    assert editor.tool.is_active(editor.token)
    kinds = ("authorization.paused", "authorization.resumed")
    assert [len(editor.tool.world.audit(kind)) for kind in kinds] == [1, 1]


def test_editing_while_paused_does_not_resume(lone_editor: Editor) -> None:
    lone_editor.browser.submit(lone_editor.page(), f"{lone_editor.address}/pause")
    assert lone_editor.post(**NARROW).status_code == 303
    assert not lone_editor.tool.is_active(lone_editor.token)
    assert "paused" in lone_editor.page().text


def test_approving_again_resumes(lone_editor: Editor) -> None:
    lone_editor.browser.submit(lone_editor.page(), f"{lone_editor.address}/pause")
    assert "It is paused; allowing resumes it." in lone_editor.tool.consent_page()[1].text
    lone_editor.tool.tokens()
    assert lone_editor.tool.is_active(lone_editor.token)


@pytest.mark.requirement("UI-34")
def test_one_session_can_be_ended_and_the_other_goes_on(editor: Editor) -> None:
    other = editor.tool.tokens()["access_token"]
    page = editor.page()
    addresses = re.findall(rf'action="({editor.address}/sessions/[A-Za-z0-9]+/end)"', page.text)
    assert len(addresses) == 2
    assert editor.browser.submit(page, addresses[0]).status_code == 303
    assert sorted([editor.tool.is_active(editor.token), editor.tool.is_active(other)]) == [
        False,
        True,
    ]
    assert editor.browser.submit(page, f"{editor.address}/sessions/end").status_code == 303
    assert not editor.tool.is_active(editor.token)
    assert not editor.tool.is_active(other)
    assert editor.tool.refresh(editor.tokens["refresh_token"]).status_code == 400
    assert "Not connected anywhere now." in editor.page().text
    assert len(editor.tool.world.audit("session.ended")) == 2


def test_ending_all_sessions_of_one_tool_leaves_the_others(lone_editor: Editor) -> None:
    other = Tool(lone_editor.tool.world, lone_editor.tool.world.spa)
    other.browser, other.signed_in = lone_editor.browser, True
    token = other.tokens()["access_token"]
    lone_editor.browser.submit(lone_editor.page(), f"{lone_editor.address}/sessions/end")
    assert not lone_editor.tool.is_active(lone_editor.token)
    assert other.is_active(token)


def test_revoking_stops_everything_and_the_page_stays_readable(editor: Editor) -> None:
    posted = editor.browser.submit(editor.page(), f"{editor.address}/revoke")
    assert posted.location == "/settings/authorizations/oauth2"
    assert not editor.tool.is_active(editor.token)
    page = editor.page()
    assert "It was revoked." in page.text
    assert 'name="capabilities"' not in page.text
    for more in ("", "/pause", "/resume"):
        refused = editor.browser.submit(
            posted_page(editor.browser), editor.address + more, **NARROW
        )
        assert refused.status_code == 409, more
    assert not editor.tool.is_active(editor.token)
