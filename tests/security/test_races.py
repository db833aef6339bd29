"""What may happen once happens once: many threads against the server as shipped, on both databases.

RACE_ROUNDS in the environment sets the number of rounds (200 for a full trial).
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.conftest import Clock, Prepared, _world, environment
from tests.drivers.live_server import free_port, shipped
from tests.drivers.tool import USUAL, Tool, csrf_of
from tests.drivers.world import World

pytestmark = pytest.mark.slow
Answer = tuple[int, dict[str, object]]
ROUNDS = int(os.environ.get("RACE_ROUNDS", "10"))
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Racers:
    """Threads that each keep a connection and start together, at a server of several processes."""

    world: World
    port: int
    cookies: str = ""

    def storm(
        self, path: str, fields: dict[str, str], threads: int
    ) -> list[tuple[int, dict[str, object]]]:
        """POST the same form from all threads at once and return status and JSON of each."""
        barrier, answers = threading.Barrier(threads), []
        lock = threading.Lock()

        def run() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.connect()
            barrier.wait()
            connection.request(
                "POST", path, urlencode(fields, doseq=True), {**FORM, "Cookie": self.cookies}
            )
            response = connection.getresponse()
            body = response.read()
            connection.close()
            is_json = response.headers.get_content_type() == "application/json"
            with lock:
                answers.append((response.status, json.loads(body) if is_json else {}))

        running = [threading.Thread(target=run) for _ in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        assert len(answers) == threads
        return answers

    def introspect(self, token: str) -> set[bool]:
        """Ask eight times, over connections of their own, whether a token is active."""
        basic = base64.b64encode(f"api:{self.world.secrets['api']}".encode()).decode()
        headers = {**FORM, "Authorization": f"Basic {basic}"}
        answers = set()
        for _ in range(8):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            connection.request("POST", "/oauth/introspect", urlencode({"token": token}), headers)
            answers.add(bool(json.loads(connection.getresponse().read())["active"]))
            connection.close()
        return answers


@pytest.fixture
def racers(database: Prepared, tmp_path: Path) -> Iterator[Racers]:
    """The world behind four worker processes, and in this process too."""
    port, clock = free_port(), Clock()
    clock.at = datetime.now(UTC)
    issuer = f"http://127.0.0.1:{port}"
    settings = environment(database.url, MANDATE_ISSUER=issuer)
    with shipped(settings, port=port, workers=4, log=tmp_path / "server.log"):
        for world in _world(database, clock, MANDATE_ISSUER=issuer):
            yield Racers(world, port)


def collect(racers: Racers, fields: dict[str, str], found: list[Answer]) -> None:
    found.extend(racers.storm("/oauth/token", fields, 8))


def fresh_code(tool: Tool) -> str:
    tool.world.clock.at = datetime.now(UTC)
    return tool.code({**USUAL, "expires_in": ""})


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
        cookie = tool.browser.http.get_cookie("mandate")
        assert cookie
        racers.cookies = f"mandate={cookie.value}"
        fields = {"csrf_token": csrf_of(page), "decision": "approve", **USUAL}
        answers = racers.storm(address, fields, 20)
        assert Counter(status for status, _ in answers) == {303: 1, 409: 19}
    approved = len(tool.world.audit("authorization.approved"))
    assert approved == min(ROUNDS, 20)
    assert tool.world.execute("SELECT count(*) FROM authorizations") == [(1,)]


def test_two_first_approvals_make_one_authorization(racers: Racers) -> None:
    tool = Tool(racers.world, racers.world.spa).sign_in()
    tool.world.clock.at = datetime.now(UTC)
    pages = [tool.consent_page() for _ in range(8)]
    cookie = tool.browser.http.get_cookie("mandate")
    assert cookie
    racers.cookies = f"mandate={cookie.value}"
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
    for world in _world(database, clock):
        tool = Tool(world, world.native)
        first = tool.redeem(fresh_code(tool)).get_json()
        second = tool.refresh(first["refresh_token"]).get_json()
        revoked = tool.tokens()
        racers = Racers(world, port)

        with shipped(settings, port=port, workers=2, log=tmp_path / "one.log") as process:
            assert racers.introspect(revoked["access_token"]) == {True}
            tool.revoke(revoked["refresh_token"])
            assert racers.introspect(revoked["access_token"]) == {False}
            process.kill()
            process.wait(10)
        port = free_port()
        racers.port = port
        with shipped(settings, port=port, workers=2, log=tmp_path / "two.log"):
            assert racers.introspect(revoked["access_token"]) == {False}
            assert racers.introspect(second["access_token"]) == {True}
            clock.forward(seconds=11)
            assert tool.refresh(first["refresh_token"]).status_code == 400
            assert racers.introspect(second["access_token"]) == {False}
