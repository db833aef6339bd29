"""What was noted is written when `mandate serve` ends, by whichever process noted it."""

from __future__ import annotations

import base64
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from app.extensions import db
from tests.drivers.clock import Clock
from tests.drivers.command_line import outside
from tests.drivers.deployment import Prepared, environment, running_world
from tests.drivers.live_server import forked, free_port
from tests.drivers.postgres import Postgres
from tests.drivers.tool import Tool
from tests.drivers.world import World

pytestmark = pytest.mark.slow


ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
CALLS = 50
FORKING = """
import multiprocessing, os, sys
from app import from_environment

app = from_environment()

def ask(times):
    http = app.test_client(use_cookies=False)
    for _ in range(times):
        headers = {"Authorization": sys.argv[2]}
        answer = http.post("/oauth/introspect", data={"token": sys.argv[1]}, headers=headers)
        assert answer.get_json()["active"]

def child():
    from app.extensions import db
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)
    ask(7)

ask(5)
process = multiprocessing.get_context("fork").Process(target=child)
process.start()
process.join()
sys.exit(process.exitcode)
"""


@dataclass
class Approver:
    """A resource server with a token that it asks about, and a look at what was kept."""

    world: World
    url: str
    token: str
    header: str

    def ask(self, port: int, times: int) -> int:
        """Ask over one connection and return the number of good answers."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": self.header,
        }
        good = 0
        for _ in range(times):
            try:
                connection.request(
                    "POST", "/oauth/introspect", urlencode({"token": self.token}), headers
                )
                response = connection.getresponse()
                good += response.read() != b'{"active":false}' and response.status == 200
            except (OSError, http.client.HTTPException):
                break
        connection.close()
        return good

    def kept(self) -> int:
        [[total]] = self.world.execute("SELECT coalesce(sum(calls), 0) FROM activities")
        return int(str(total))


def asker_at(prepared: Prepared) -> Iterator[Approver]:
    clock = Clock()
    clock.at = datetime.now(UTC)
    with running_world(prepared, clock) as world:
        token = Tool(world, world.native).tokens()["access_token"]
        basic = base64.b64encode(f"api:{world.secrets['api']}".encode()).decode()
        yield Approver(world, prepared.url, token, f"Basic {basic}")


@pytest.fixture(params=["sqlite", "postgresql"])
def asker(request: pytest.FixtureRequest, lone_database: Prepared) -> Iterator[Approver]:
    """A resource server of a Mandate on each kind of database."""
    if request.param == "sqlite":
        yield from asker_at(lone_database)
        return
    server: Postgres = request.getfixturevalue("postgres")
    assert server.world is not None
    with server.fresh() as url:
        yield from asker_at(Prepared(url, server.world))


@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGINT, True)],
    ids=["SIGTERM", "SIGTERM to all", "Ctrl-C"],
)
def test_a_stop_right_after_the_calls_loses_none(
    asker: Approver, tmp_path: Path, number: signal.Signals, group: bool
) -> None:
    port, log = free_port(), tmp_path / "log"
    with forked(environment(asker.url), port=port, workers=2, log=log) as process:
        assert asker.ask(port, CALLS // 2) + asker.ask(port, CALLS // 2) == CALLS
        assert asker.kept() == 0, "no flush yet"
        (os.killpg if group else os.kill)(process.pid, number)
        assert process.wait(15) == 0
    assert asker.kept() == CALLS
    assert "Traceback" not in log.read_text()


def test_a_stop_amid_the_calls_loses_none_that_was_answered(
    asker: Approver, tmp_path: Path
) -> None:
    port, good = free_port(), []
    with forked(environment(asker.url), port=port, workers=2, log=tmp_path / "log") as process:
        threads = [
            threading.Thread(target=lambda: good.append(asker.ask(port, 100_000))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        for thread in threads:
            thread.join()
    assert sum(good) > 0
    # A call may be counted whose answer the end of the connection swallowed.
    assert sum(good) <= asker.kept() <= sum(good) + len(threads)


@ONLY_LINUX
def test_a_worker_that_is_replaced_loses_none(asker: Approver, tmp_path: Path) -> None:
    port = free_port()
    with forked(environment(asker.url), port=port, workers=1, log=tmp_path / "log") as process:
        assert asker.ask(port, CALLS) == CALLS
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        old = children.read_text().split()[0]
        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while old in children.read_text().split() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert asker.kept() == CALLS


def test_a_stop_does_not_hang_with_a_database_that_does(asker: Approver, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    with forked(environment(asker.url), port=port, workers=2, log=log) as process:
        assert asker.ask(port, CALLS) == CALLS
        with (
            asker.world.app.app_context(),
            db.engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE activities"))
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
            assert time.monotonic() - started < 9, "before the server would kill"
    assert '"event": "activity.lost"' in log.read_text()


def test_a_process_that_forks_after_its_first_call_counts_none_twice(asker: Approver) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FORKING, asker.token, asker.header],
        env={**outside(), **environment(asker.url)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert asker.kept() == 5 + 7, "the parent's at its exit, the child's at its own"
