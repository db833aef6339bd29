"""What a list says should be looked at, and when each row of the editor was used."""

from __future__ import annotations

import re

from tests.drivers.clock import Clock
from tests.drivers.editor import Editor
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import World

LIST = "/settings/authorizations/oauth2"
CONCERN = re.compile(
    r'<bdi>([^<]+)</bdi></strong> (.+?)\s*<a href="[^"]+#(\w+)">\s*([^<]+)<', re.DOTALL
)


def concerns(tool: Tool) -> list[tuple[str, str, str]]:
    """Return the concerns of the list: the sentence, the part of the page, what to do."""
    page = tool.browser.get(LIST).text
    found = CONCERN.findall(page.partition('class="warnings"')[2].partition("</ul>")[0])
    return [(re.sub("<[^>]+>", "", text), part, action) for _, text, part, action in found]


def test_a_good_tool_in_use_is_no_concern(lone_editor: Editor) -> None:
    assert concerns(lone_editor.tool) == []


def test_what_was_not_used_for_sixty_days_is_one(lone_tool: Tool, clock: Clock) -> None:
    tool = Editor(lone_tool, {**USUAL, "expires_in": ""}).tool
    for days, said in ((59, []), (1, [("has not been used for 60 days.", "access")])):
        clock.forward(days=days)
        tool.world.execute("UPDATE sessions SET idle_expires_at = expires_at")
        tool.sign_in()
        assert [(text, part) for text, part, _ in concerns(tool)] == said


def test_an_unverified_tool_with_power_is_one(lone_world: World, lone_tool: Tool) -> None:
    strong = {**USUAL, "capabilities": ["api", "secrets:edit"]}
    lone_tool.tokens(strong, scope="api secrets:edit")
    assert concerns(lone_tool) == []
    lone_world.execute("UPDATE clients SET registered_by = 'itself'")
    ((text, part, action),) = concerns(lone_tool)
    assert text == "can do powerful things, and anyone can call themselves that."
    assert (part, action) == ("access", "Check what it may do")
    (row,) = lone_world.execute("SELECT id FROM authorizations")
    address = f"/settings/authorizations/{row[0]}"
    lone_tool.browser.submit(lone_tool.browser.get(address), f"{address}/pause")
    assert concerns(lone_tool) == [], "what is stopped already needs no warning"


def test_refused_calls_are_one_for_a_week(lone_editor: Editor, clock: Clock) -> None:
    tool = lone_editor.tool
    tool.introspect(lone_editor.token, capability="secrets:edit", project="payments")
    tool.world.flush_activity()
    said = "was refused 1 call, the last on 22 Nov 2026, 12:00 UTC."
    assert concerns(tool) == [(said, "activity", "See what")]
    clock.forward(days=7)
    tool.sign_in()
    assert concerns(tool) == []


LAST = re.compile(
    r'value="([\w:]+)"[^>]*>(?:(?!</li>).)*?class="last-use">(used|never used)', re.DOTALL
)


def test_each_row_of_the_editor_says_when_it_was_used(lone_editor: Editor) -> None:
    tool = lone_editor.tool
    tool.introspect(lone_editor.token, capability="api", project="payments")
    tool.introspect(lone_editor.token, capability="flows:edit", project="website")
    tool.world.flush_activity()
    page = lone_editor.page().text
    rows = dict(LAST.findall(page.split('data-part="capabilities"')[1].split("</fieldset>")[0]))
    assert rows == {"api": "used", "flows:edit": "never used"}, "a refused call uses nothing"
    places = page.split('data-part="projects"')[1].split("</fieldset>")[0]
    assert places.count("last-use") == 1, "only what stands"
    assert 'class="last-use">used <time' in places
    assert '<label for="capability-flows:edit">remove' in page


def test_tools_of_one_name_are_told_apart(lone_world: World, lone_tool: Tool) -> None:
    lone_tool.tokens(USUAL)
    other = Tool(lone_world, lone_world.spa)
    other.browser, other.signed_in = lone_tool.browser, True
    other.tokens(USUAL)
    assert "since 22 Nov 2026" not in lone_tool.browser.get(LIST).text
    lone_world.execute("UPDATE authorizations SET name = 'Claude'")
    assert lone_tool.browser.get(LIST).text.count("since 22 Nov 2026") == 2
