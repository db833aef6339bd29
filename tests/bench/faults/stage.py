"""A deployment to break: a database of its own, `mandate serve` as shipped, people and tools in it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import requests
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from tests.bench.faults.wire import Endpoint, Times
from tests.bench.processes import family
from tests.bench.seeds import Seeds
from tests.drivers.clock import Clock
from tests.drivers.deployment import environment, make_app, prepared
from tests.drivers.live_server import free_port, shipped
from tests.drivers.postgres import Postgres
from tests.drivers.world import World

SQLITE, POSTGRESQL = "sqlite", "postgresql"
TIMEOUT = "1"  # seconds: the shipped default; the other tests wait longer
BETWEEN = ("MANDATE_DATABASE_POOLER", "MANDATE_REDIS_URL")  # what the world does without
RECOVERED_WITHIN = 20  # seconds


@dataclass
class Server:
    """A running `mandate serve`, and what ends it."""

    port: int
    process: subprocess.Popen[bytes]
    stack: ExitStack

    @property
    def workers(self) -> list[int]:
        return [pid for pid in family(self.process.pid) if pid != self.process.pid]


@dataclass
class Stage:
    """All that a fault may touch. `url` is what Mandate connects to, `world` goes there directly."""

    world: World
    url: str
    directory: Path
    settings: dict[str, str]
    postgres: Postgres | None = None
    database: str = ""
    servers: list[Server] = field(default_factory=list)
    front: Endpoint | None = None
    stack: ExitStack = field(default_factory=ExitStack)  # what ends after the servers
    times: Times = field(default_factory=Times)

    @property
    def endpoint(self) -> Endpoint:
        """Return where clients send their requests."""
        return self.front or Endpoint(self.servers[0].port)

    def server_of_postgres(self) -> Postgres:
        assert self.postgres is not None
        return self.postgres

    def start(self, port: int) -> Server:
        """Start a server at a port; `close` ends it."""
        stack = ExitStack()
        log = self.directory / f"server-{port}.log"
        made = stack.enter_context(shipped(self.settings, port=port, workers=2, log=log))
        server = Server(port, made, stack)
        self.servers.append(server)
        return server

    def end(self, server: Server) -> None:
        """End a server, however it is."""
        self.servers.remove(server)
        server.stack.close()

    def close(self) -> None:
        for server in list(self.servers):
            self.end(server)
        self.stack.close()

    def is_ready(self) -> bool:
        """Say whether every server says that it is ready."""
        return all(readiness(server.port) == (200, "ok") for server in self.servers)

    def until_ready(self) -> float:
        """Wait until the servers are ready again and return the seconds; raises AssertionError."""
        began = time.monotonic()
        while not self.is_ready():
            assert time.monotonic() - began < RECOVERED_WITHIN, "the server is not ready again"
            time.sleep(0.05)
        return time.monotonic() - began

    def select(self, statement: str) -> list[tuple[object, ...]]:
        """Read beside the server; a connection that a fault has broken is changed once."""
        try:
            return self.world.execute(statement)
        except SQLAlchemyError:
            with self.world.app.app_context():
                db.engine.dispose()
            return self.world.execute(statement)

    def logs(self) -> str:
        """Return what all the servers have logged."""
        return "".join(path.read_text() for path in self.directory.glob("server-*.log"))


def readiness(port: int) -> tuple[int, str]:
    """Ask a server whether it is ready; 0 when nobody answers."""
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2)
        return answer.status_code, str(answer.json()["status"])
    except (requests.RequestException, ValueError, KeyError):
        return 0, ""


@contextmanager
def stage(
    url: str,
    directory: Path,
    *,
    postgres: Postgres | None = None,
    seen: str = "",
    known: World | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[Stage]:
    """Put the world into an empty database and serve it; `known` is in it already.

    Mandate connects to `seen` if it is given, and has the settings `more`.
    """
    port, clock = free_port(), Clock()
    clock.at = datetime.now(UTC)
    own = {
        "MANDATE_ISSUER": f"http://127.0.0.1:{port}",
        "MANDATE_DATABASE_TIMEOUT": TIMEOUT,
        **(more or {}),
    }
    direct = {name: value for name, value in own.items() if name not in BETWEEN}
    world = replace(known or prepared(url), app=make_app(url, clock, **direct), clock=clock)
    name = url.partition("?")[0].rpartition("/")[2]
    made = Stage(world, seen or url, directory, environment(seen or url, **own), postgres, name)
    try:
        made.start(port)
        yield made
    finally:
        made.close()
        with world.app.app_context():
            for engine in db.engines.values():
                engine.dispose()


def seeded(world: World) -> Seeds:
    """Return what the clients use; its instants are those of the moment."""
    world.clock.at = datetime.now(UTC)
    return Seeds(world)
