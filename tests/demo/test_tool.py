"""The example tool over real HTTP: the whole loop, and everything that can go wrong in it."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.drivers.demo_browser import Browser, notice_of
from tests.drivers.demo_stage import Stage


def test_what_is_revoked_in_mandate_is_refused_at_the_very_next_call(
    stage: Stage, browser: Browser
) -> None:
    page = stage.connect(browser)
    assert page.url == f"{stage.demo['tool']}/"
    assert notice_of(page).startswith("Connected.")
    assert "200 OK" in page.text
    assert "<b>website</b> as editor" in page.text
    stage.revoke(browser)
    page = browser.press(browser.get(stage.demo["tool"]), "/call")
    assert "401 Unauthorized" in notice_of(page)
    assert "WWW-Authenticate: Bearer error=&#34;invalid_token&#34;" in page.text
    page = browser.press(page, "/refresh")
    assert "invalid_grant" in notice_of(page)
    assert "Connect to Mandate" in page.text


def test_an_mcp_server_can_be_called_with_a_token_of_its_own(
    stage: Stage, browser: Browser
) -> None:
    page = stage.connect(browser, resource=stage.addresses.mcp_server("website-content"))
    assert "search_pages" in page.text
    for title in ("initialize", "tools/list", "tools/call whoami"):
        assert f"<code>{title} {stage.addresses.mcp_server('website-content')}</code>" in page.text
    assert "&#34;username&#34;: &#34;jonas@kestrel.example&#34;" in page.text
    assert "&#34;role&#34;: &#34;editor&#34;" in page.text
    assert notice_of(page).endswith("allowed everything.")


def test_an_mcp_server_that_was_not_ticked_is_refused_in_plain_words(
    stage: Stage, browser: Browser
) -> None:
    url = stage.addresses.mcp_server("website-content")
    page = stage.consent_page(browser, resource=url)
    choice = {"capabilities": ["mcp"], "mcp_servers": ["playground"], "expires_in": "3600"}
    page = browser.press(page, str(page.url), decision="approve", **choice)
    assert page.status_code == 422
    assert "it wants to use Website Content. Tick Website Content." in page.text


def test_a_flow_can_be_added_by_an_editor_and_not_by_a_viewer(
    stage: Stage, browser: Browser
) -> None:
    page = stage.connect(browser, **{"project-sandbox": "viewer"})
    page = browser.press(page, "/flows", project="website")
    assert "it was done" in notice_of(page)
    page = browser.press(page, "/flows", project="sandbox")
    assert "needs editor; this tool is viewer in Sandbox." in notice_of(page)
    assert "403 Forbidden" in page.text
    assert "Choose one" in notice_of(browser.press(page, "/flows", project="payments"))


def test_refreshing_gives_another_access_token(stage: Stage, browser: Browser) -> None:
    page = stage.connect(browser)
    before = re.findall(r"<code>(mdta_\w{4}…)</code>", page.text)
    page = browser.press(page, "/refresh")
    assert notice_of(page).startswith("Refreshed")
    after = re.findall(r"<code>(mdta_\w{4}…)</code>", page.text)
    assert len(before) == len(after) == 1
    assert before != after
    assert notice_of(browser.press(page, "/call")).endswith("allowed everything.")


def test_disconnecting_ends_the_session_in_mandate(stage: Stage, browser: Browser) -> None:
    page = stage.connect(browser)
    page = browser.press(page, "/disconnect")
    assert notice_of(page).startswith("Disconnected")
    assert "Connect to Mandate" in page.text
    assert stage.ended_sessions() == 1
    assert "not connected" in notice_of(browser.press(page, "/call"))


def test_saying_no_gives_the_tool_nothing(stage: Stage, browser: Browser) -> None:
    page = browser.get(browser.answer(stage.consent_page(browser), "deny"))
    assert notice_of(page).startswith("You said no")
    assert "Connect to Mandate" in page.text


def test_an_answer_that_another_browser_asked_for_is_refused(
    stage: Stage, browser: Browser
) -> None:
    target = browser.answer(stage.consent_page(browser))
    with Browser() as stranger:
        assert "does not belong" in notice_of(stranger.get(target))
    assert notice_of(browser.get(target)).startswith("Connected")
    assert "does not belong" in notice_of(browser.get(target))


@pytest.mark.parametrize("issuer", ["http%3A%2F%2Fevil.example", ""])
def test_an_answer_of_another_server_is_refused(
    stage: Stage, browser: Browser, issuer: str
) -> None:
    target = browser.answer(stage.consent_page(browser))
    forged = re.sub(r"iss=[^&]+", f"iss={issuer}", target)
    assert "another server" in notice_of(browser.get(forged))
    assert "Connect to Mandate" in browser.get(stage.demo["tool"]).text


def test_an_error_from_mandate_is_shown_and_not_believed_as_html(
    stage: Stage, browser: Browser
) -> None:
    target = browser.answer(stage.consent_page(browser), "deny")
    forged = target.replace("access_denied", "%3Cb%3Eserver_error")
    page = browser.get(forged)
    assert "server_error" in page.text
    assert "<b>server_error" not in page.text


@pytest.mark.parametrize("path", ["/connect", "/call", "/flows", "/refresh", "/disconnect"])
def test_a_form_from_elsewhere_changes_nothing(stage: Stage, browser: Browser, path: str) -> None:
    stage.connect(browser)
    page = browser.http.post(stage.demo["tool"] + path, data={"csrf_token": "guess"})
    assert "open for too long" in notice_of(page)
    assert "What you gave" in page.text
    assert browser.http.get(stage.demo["tool"] + path).status_code == 405


def test_a_resource_that_was_not_offered_is_refused(stage: Stage, browser: Browser) -> None:
    page = browser.get(stage.demo["tool"])
    page = browser.press(page, "/connect", resource="http://evil.example/")
    assert "Choose one of the resources" in notice_of(page)


def test_the_page_shows_the_beginning_of_the_tokens_only(stage: Stage, browser: Browser) -> None:
    page = stage.connect(browser)
    assert not re.search(r"mdt[a-z]_\w{5}", page.text)
    assert all(c.get("client_secret", "mdts_") not in page.text for c in stage.demo["clients"])


def test_the_page_needs_no_inline_code_and_forbids_it(stage: Stage, browser: Browser) -> None:
    page = stage.connect(browser)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert f"form-action 'self' {stage.demo['issuer']};" in policy
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page.text)
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_the_cookie_is_its_own_and_out_of_reach_for_scripts(stage: Stage, browser: Browser) -> None:
    cookie = browser.get(stage.demo["tool"]).headers["Set-Cookie"]
    assert cookie.startswith("flow_assistant=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_another_name_of_the_host_leads_to_the_one_of_the_redirect_uri(stage: Stage) -> None:
    url = stage.demo["tool"]
    answer = httpx.get(url, headers={"Host": "localhost"}, trust_env=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{url}/")


def test_a_wrong_address_gives_a_page(stage: Stage, browser: Browser) -> None:
    page = browser.get(f"{stage.demo['tool']}/nowhere")
    assert page.status_code == 404
    assert "Back to Flow Assistant" in page.text
