"""Threads that start together, at a server of several processes."""

from __future__ import annotations

import base64
import http.client
import json
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import World

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


def collect(racers: Racers, fields: dict[str, str], found: list[Answer]) -> None:
    found.extend(racers.storm("/oauth/token", fields, 8))


def cookies_of(tool: Tool) -> str:
    """Return the header by which a tool's browser is known, and who is signed in there."""
    return "; ".join(f"{name}={value}" for name, value in tool.browser.cookies().items())


def fresh_code(tool: Tool) -> str:
    tool.world.clock.at = datetime.now(UTC)
    return tool.code({**USUAL, "expires_in": ""})
