"""What may happen once happens once: many threads against the server as shipped, on both databases.

RACE_ROUNDS in the environment sets the number of rounds (200 for a full trial).
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.services.accounts import password_reset
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, environment, running_world
from tests.drivers.live_server import forked, free_port
from tests.drivers.racers import ROUNDS, Answer, Racers, collect, cookies_of, fresh_code
from tests.drivers.tool import USUAL, Browser, Tool, csrf_of

pytestmark = pytest.mark.slow


@pytest.mark.requirement("AC-14", "AC-15")
def test_fifty_threads_redeem_one_code_and_one_gets_tokens(racers: Racers) -> None:
    tool = Tool(racers.world, racers.world.native)
    for _ in range(ROUNDS):
        fields = {
            "grant_type": "authorization_code",
            "client_id": tool.client.client_id,
            "code": fresh_code(tool),
            "redirect_uri": tool.client.redirect_uri,
            "code_verifier": tool.verifier,
        }
        answers = racers.storm("/oauth/token", fields, 50)
        assert Counter(status for status, _ in answers) == {200: 1, 400: 49}
        assert {body["error"] for status, body in answers if status == 400} == {"invalid_grant"}
    assert racers.world.execute("SELECT count(*) FROM access_tokens") == [(ROUNDS,)]
    assert racers.world.execute("SELECT count(*) FROM sessions") == [(ROUNDS,)]


@pytest.mark.requirement("RT-04")
def test_twenty_threads_refresh_one_token_and_one_chain_lives(racers: Racers) -> None:
    tool = Tool(racers.world, racers.world.native)
    tokens = tool.redeem(fresh_code(tool)).get_json()
    for _ in range(ROUNDS):
        fields = {
            "grant_type": "refresh_token",
            "client_id": tool.client.client_id,
            "refresh_token": tokens["refresh_token"],
        }
        answers = racers.storm("/oauth/token", fields, 20)
        assert Counter(status for status, _ in answers) == {200: 20}
        assert len({body["refresh_token"] for _, body in answers}) == 1, "one chain"
        assert len({body["access_token"] for _, body in answers}) == 20
        tokens = answers[0][1]
    assert tool.world.audit("session.ended") == []


@pytest.mark.requirement("UI-07")
def test_twenty_posts_of_one_decision_count_once(racers: Racers) -> None:
    tool = Tool(racers.world, racers.world.native).sign_in()
    for _ in range(min(ROUNDS, 20)):
        tool.world.clock.at = datetime.now(UTC)
        address, page = tool.consent_page()
        racers.cookies = cookies_of(tool)
        fields = {"csrf_token": csrf_of(page), "decision": "approve", **USUAL}
        answers = racers.storm(address, fields, 20)
        assert Counter(status for status, _ in answers) == {303: 20}
    approved = len(tool.world.audit("authorization.approved"))
    assert approved == min(ROUNDS, 20)
    assert tool.world.execute("SELECT count(*) FROM authorizations") == [(1,)]


def test_two_first_approvals_make_one_authorization(racers: Racers) -> None:
    tool = Tool(racers.world, racers.world.spa).sign_in()
    tool.world.clock.at = datetime.now(UTC)
    pages = [tool.consent_page() for _ in range(8)]
    racers.cookies = cookies_of(tool)
    statuses: list[int] = []

    def approve(address: str, token: str) -> None:
        fields = {"csrf_token": token, "decision": "approve", **USUAL}
        statuses.extend(status for status, _ in racers.storm(address, fields, 1))

    running = [threading.Thread(target=approve, args=(a, csrf_of(p))) for a, p in pages]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert statuses == [303] * 8
    assert tool.world.execute("SELECT count(*), max(version) FROM authorizations") == [(1, 8)]


@pytest.mark.requirement("RT-06", "F-09")
def test_a_revocation_during_refreshes_leaves_nothing_alive(racers: Racers) -> None:
    tool = Tool(racers.world, racers.world.native)
    for _ in range(min(ROUNDS, 20)):
        tokens = tool.redeem(fresh_code(tool)).get_json()
        fields = {
            "grant_type": "refresh_token",
            "client_id": tool.client.client_id,
            "refresh_token": tokens["refresh_token"],
        }
        found: list[Answer] = []
        refreshing = threading.Thread(target=collect, args=(racers, fields, found))
        refreshing.start()
        tool.world.clock.at = datetime.now(UTC)
        tool.revoke(tokens["refresh_token"])
        refreshing.join()
        tool.world.clock.at = datetime.now(UTC)
        assert {status for status, _ in found} <= {200, 400}
        for status, body in found:
            if status == 200:
                assert not tool.is_active(str(body["access_token"]))
                assert tool.refresh(str(body["refresh_token"])).status_code == 400


@pytest.mark.requirement("IN-10", "RV-09", "RT-03")
def test_a_revocation_holds_on_every_process_and_after_a_restart(
    database: Prepared, tmp_path: Path
) -> None:
    port, clock = free_port(), Clock()
    clock.at = datetime.now(UTC)
    settings = environment(database.url, MANDATE_ISSUER=f"http://127.0.0.1:{port}")
    with running_world(database, clock) as world:
        tool = Tool(world, world.native)
        first = tool.redeem(fresh_code(tool)).get_json()
        second = tool.refresh(first["refresh_token"]).get_json()
        revoked = tool.tokens()
        racers = Racers(world, port)

        with forked(settings, port=port, workers=2, log=tmp_path / "one.log") as process:
            assert racers.introspect(revoked["access_token"]) == {True}
            tool.revoke(revoked["refresh_token"])
            assert racers.introspect(revoked["access_token"]) == {False}
            process.kill()
            process.wait(10)
        port = free_port()
        racers.port = port
        with forked(settings, port=port, workers=2, log=tmp_path / "two.log"):
            assert racers.introspect(revoked["access_token"]) == {False}
            assert racers.introspect(second["access_token"]) == {True}
            clock.forward(seconds=61)
            assert tool.refresh(first["refresh_token"]).status_code == 400
            assert racers.introspect(second["access_token"]) == {False}


def test_twenty_posts_of_one_password_link_set_one_password(racers: Racers) -> None:
    for number in range(min(ROUNDS, 3)):
        racers.world.clock.at = datetime.now(UTC)
        with racers.world.app.app_context():
            made = password_reset.issue_link("ben", at=racers.world.at, actor="cli")
        browser, link = Browser(racers.world), f"/password/{made.text}"
        page = browser.get(link)
        cookie = browser.http.get_cookie("mandate")
        assert cookie
        racers.cookies = f"mandate={cookie.value}"
        fields = {"csrf_token": csrf_of(page), "new_password": f"a new sentence, number {number}"}
        answers = racers.storm(link, fields, 20)
        assert Counter(status for status, _ in answers) == {303: 1, 404: 19}
        assert len(racers.world.audit("user.password_reset")) == number + 1
