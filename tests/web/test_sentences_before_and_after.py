"""What a page says before something is saved is what the next page says of it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from werkzeug.test import TestResponse

from tests.drivers.choices import Dice, choice_on, hidden_of
from tests.drivers.editor import Editor, address_of
from tests.drivers.tool import Browser, Tool

NOW = re.compile(r'<p class="now" id="now">(.*?)</p>', re.DOTALL)
SCOPES = (
    "api flows:edit",
    "mcp",
    "api apps:view flows:edit mcp",
    "api apps:view apps:admin flows:edit secrets:edit endpoints:access mcp",
)
NOTHING = "It can do nothing now."
OF_USE = 0.3


def many(few: int, each: int, runs: int) -> pytest.MarkDecorator:
    """Some choices in each run of the tests, and many in the full one, side by side."""
    full = [pytest.param(f"run {n}", each, marks=pytest.mark.slow) for n in range(runs)]
    return pytest.mark.parametrize(("seed", "times"), [("few", few), *full])


def said(page: TestResponse) -> str:
    """Return what the page says that an Authorization can do now."""
    found = NOW.search(page.text)
    assert found, page.text
    return unescape(re.sub(r"<[^>]*>", "", found[1]))


def foretold(
    browser: Browser, page: TestResponse, address: str, dice: Dice
) -> tuple[bool, str, dict[str, object]]:
    """Choose something; return whether it is of use, the sentence before it is saved, and the form."""
    seen, chosen = hidden_of(page.text), choice_on(page.text, dice)
    # `mcp` is a box that goes along unseen; what else is hidden and chosen comes from both.
    form: dict[str, object] = {**seen, **chosen}
    told = browser.submit(page, f"{address}/summary", **form).get_json()
    return told["ready"], told["sentence"], form


@many(40, each=100, runs=2)
def test_an_edit_comes_to_what_the_editor_said(lone_editor: Editor, seed: str, times: int) -> None:
    browser, dice, saved = lone_editor.browser, Dice(f"editor {seed}"), 0
    for _ in range(times):
        page = lone_editor.page()
        ready, before, form = foretold(browser, page, lone_editor.address, dice)
        answer = browser.submit(page, lone_editor.address, action="save", **form)
        after = said(lone_editor.page())
        saved += ready
        assert answer.status_code in (303, 422)
        assert after == (before if answer.status_code == 303 else said(page)), form
        assert ready == (after != NOTHING and answer.status_code == 303), form
    assert saved >= times * OF_USE


@many(20, each=60, runs=1)
def test_an_approval_comes_to_what_consent_said(lone_tool: Tool, seed: str, times: int) -> None:
    tool, dice, given = lone_tool.sign_in(), Dice(f"consent {seed}"), 0
    browser, address = tool.browser, ""
    for turn in range(times):
        request, page = tool.consent_page(scope=dice.one_of(SCOPES))
        if dice.below(2):
            page = browser.get(f"{request}?edit=1")
        ready, before, form = foretold(browser, page, request, dice)
        answer = browser.submit(page, request, decision="approve", **form)
        assert answer.status_code == (303 if ready else 422), (form, before)
        if ready:
            given += 1
            browser.get(answer.location)
            address = address or address_of(tool)
            assert said(browser.get(address)) == before, form
        if address and turn % 5 == 4:
            browser.submit(browser.get("/settings/account"), f"{address}/revoke")
            address = ""
    assert given >= times * OF_USE
