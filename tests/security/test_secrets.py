"""No issued secret is kept or logged."""

from __future__ import annotations

import pytest

from tests.drivers.tool import Tool
from tests.drivers.world import PASSWORD, World


def kept(world: World) -> str:
    """Return all that the database holds, as text."""
    tables = [
        str(row[0]) for row in world.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    return "\n".join(
        repr(row) for table in tables for row in world.execute(f"SELECT * FROM {table}")
    )


@pytest.mark.requirement("AC-21", "AC-22", "XC-04")
def test_no_secret_is_in_the_database_or_in_the_log(
    lone_world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    issued: set[str] = set()
    for client in (lone_world.native, lone_world.web, lone_world.post):
        tool = Tool(lone_world, client)
        code = tool.code()
        tokens = tool.redeem(code).get_json()
        fresh = tool.refresh(tokens["refresh_token"]).get_json()
        tool.introspect(fresh["access_token"])
        tool.introspect(tokens["refresh_token"])
        tool.redeem(code)
        tool.refresh(tokens["refresh_token"])
        tool.revoke(fresh["access_token"])
        cookie = tool.browser.http.get_cookie("mandate")
        assert cookie
        issued |= {code, cookie.value, tool.verifier, PASSWORD.format("ben")}
        issued |= {
            tokens["access_token"],
            tokens["refresh_token"],
            fresh["access_token"],
            fresh["refresh_token"],
        }
        issued |= {client.secret} if client.secret else set()
    issued |= set(lone_world.secrets.values())
    captured = capfd.readouterr()
    everything = kept(lone_world) + captured.out + captured.err
    assert "/oauth/token" in captured.err, "the log is written at all"
    assert len(everything) > 10_000
    for secret in issued:
        assert secret not in everything
        assert secret[5:40] not in everything


@pytest.mark.requirement("XC-03")
def test_log_lines_cannot_be_forged(lone_world: World, capfd: pytest.CaptureFixture[str]) -> None:
    import json

    http = lone_world.app.test_client()
    http.get("/x%0d%0a{%22event%22:%22forged%22}%1b[31m", headers={"User-Agent": "\x1b[31mred"})
    http.post("/oauth/token", data={"client_id": 'a\r\n{"event":"forged"}', "grant_type": "x"})
    http.post("/oauth/revoke", data={"client_id": 'a\r\n{"event":"forged"}', "token": "x"})
    lines = [line for line in capfd.readouterr().err.splitlines() if line]
    assert len(lines) >= 3
    for line in lines:
        assert json.loads(line)["event"] != "forged"
        assert "\x1b" not in line


@pytest.mark.requirement("AC-13")
def test_the_challenge_is_never_shown_again(lone_tool: Tool) -> None:
    lone_tool.sign_in()
    request = lone_tool.request()
    address, page = lone_tool.consent_page()
    assert request["code_challenge"] not in page.text
    posted = lone_tool.browser.submit(page, address, decision="deny")
    assert request["code_challenge"] not in lone_tool.browser.get(posted.location).text
