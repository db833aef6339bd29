"""Authorization requests are bounded in length and number, and go when they are over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.services import maintenance
from tests.drivers.authorization import is_page
from tests.drivers.tool import Browser, Tool


def count(tool: Tool) -> int:
    [[found]] = tool.world.execute("SELECT count(*) FROM authorization_requests")
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize(
    "changes",
    [
        {"state": "x" * 4_097},
        {"state": "é" * 2_049},
        {"prompt": "x" * 9_000},
        {"unknown": "x" * 9_000},
        {"resource": ["https://x.example/" + "y" * 1_900] * 5},
    ],
    ids=["state", "state in bytes", "a parameter", "an unknown one", "resources"],
)
def test_a_long_request_is_refused_before_anything_is_kept(
    lone_tool: Tool, changes: dict[str, str], *, signed_in: bool
) -> None:
    if signed_in:
        lone_tool.sign_in()
    assert is_page(lone_tool.authorize(**changes))
    assert count(lone_tool) == 0


def test_the_longest_state_comes_back(lone_tool: Tool) -> None:
    lone_tool.sign_in()
    state = "s" * 4_096
    assert f"state={state}" in lone_tool.decide(state=state)


def test_requests_of_nobody_are_counted_by_address_and_network(lone_tool: Tool) -> None:
    def ask(address: str) -> int:
        browser = Browser(lone_tool.world)
        browser.http.environ_base["REMOTE_ADDR"] = address
        lone_tool.browser = browser
        return lone_tool.authorize().status_code

    assert [ask("192.0.2.1") for _ in range(301)][-2:] == [303, 429]
    assert ask("192.0.2.2") == 303
    # The network's counter stands at 301; nine more addresses would fill it.
    lone_tool.world.execute("UPDATE failure_counts SET failures = 3000 WHERE failures = 301")
    assert ask("192.0.2.3") == 429
    assert ask("203.0.113.9") == 303, "another network"
    lone_tool.world.clock.forward(seconds=601)
    assert ask("192.0.2.1") == 303


def test_who_is_signed_in_is_not_shut_out_by_others(lone_tool: Tool) -> None:
    stranger = Tool(lone_tool.world, lone_tool.client)
    for _ in range(301):
        stranger.authorize()
    assert stranger.authorize().status_code == 429
    lone_tool.sign_in()
    assert lone_tool.authorize().status_code == 303


def test_new_requests_sweep_the_old(lone_tool: Tool) -> None:
    for _ in range(120):
        lone_tool.authorize()
    lone_tool.world.clock.forward(hours=2, seconds=1)
    lone_tool.authorize()
    assert count(lone_tool) == 21
    lone_tool.authorize()
    assert count(lone_tool) == 2
    with lone_tool.world.app.app_context():
        maintenance.clean_up(at=lone_tool.world.at + timedelta(days=2))
    assert count(lone_tool) == 0
