"""Rounds in which all servers are measured one after the other; the ratios within a run count."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import load, processes, servers
from tests.bench.peers import better_auth, oauth_toolkit, oidc_provider
from tests.bench.servers import Server
from tests.drivers.postgres import Postgres, running_postgres

OPERATIONS = (
    "introspection",
    "refresh",
    "code_exchange",
    "revocation",
    "consent_page",
    "settings_list",
)
PEERS = (oidc_provider, better_auth, oauth_toolkit)
CONNECTIONS = {"introspection": 16}
FASTEST = 6_000  # bodies that are sent once are made for so many a second


@dataclass(frozen=True)
class Options:
    """How a run is made: seconds a round, how many rounds, how many workers, where peers are."""

    operations: tuple[str, ...] = OPERATIONS
    seconds: int = 4
    rounds: int = 3
    workers: tuple[int, ...] = (2,)
    peers: Path | None = None


@dataclass(frozen=True)
class Sample:
    """One round of one operation on one server; CPU in milliseconds for 1,000 requests."""

    per_second: float
    p50: float
    p99: float
    cpu: float
    database_cpu: float
    memory: float


def run(options: Options) -> dict[str, dict[str, dict[str, float]]]:
    """Return the medians of all rounds, by operation and server."""
    assert shutil.which("wrk"), "The load comes from wrk: `apt-get install wrk`."
    samples: dict[str, dict[str, list[Sample]]] = {}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(running_postgres())
        for workers in options.workers:
            with _standing(options, directory, postgres, workers) as beside:
                for operation in options.operations:
                    found = samples.setdefault(operation, {})
                    for _ in range(options.rounds):
                        for server in beside:
                            one = _measure(server, operation, options, postgres)
                            if one is not None:
                                found.setdefault(server.name, []).append(one)
    return {
        operation: {name: _medians(many) for name, many in found.items()}
        for operation, found in samples.items()
    }


@contextmanager
def _standing(
    options: Options, directory: Path, postgres: Postgres, workers: int
) -> Iterator[list[Server]]:
    own = f"mandate_{workers}"
    postgres.create(own)
    urls = {
        "SQLite": f"sqlite:///{directory}/{own}.db",
        "PostgreSQL": postgres.url(own),
    }
    with ExitStack() as stack:
        beside = [stack.enter_context(servers.bare(directory, workers))]
        for kind, url in urls.items():
            made = servers.mandate(kind, url, directory, workers)
            beside.append(stack.enter_context(made))
        for peer in _installed(options.peers):
            made = peer.standing(options.peers, postgres, workers)
            beside.append(stack.enter_context(made))
        yield beside


def _installed(directory: Path | None) -> list[Any]:
    return [one for one in PEERS if directory is not None and one.is_installed(directory)]


def _measure(server: Server, operation: str, options: Options, postgres: Postgres) -> Sample | None:
    connections = CONNECTIONS.get(operation, 8)
    asked = server.load(operation, FASTEST * options.seconds, connections)
    if asked is None:
        return None
    before = processes.cpu_milliseconds(server.pid)
    database = postgres.pid()
    database_before = processes.cpu_milliseconds(database)
    found = load.run(asked, server.port, seconds=options.seconds, connections=connections)
    thousands = found.requests / 1_000
    spent = processes.cpu_milliseconds(database) - database_before
    return Sample(
        found.per_second,
        found.p50,
        found.p99,
        (processes.cpu_milliseconds(server.pid) - before) / thousands,
        spent / thousands if server.is_on_postgresql else 0.0,
        processes.memory_megabytes(server.pid),
    )


def _medians(samples: list[Sample]) -> dict[str, float]:
    names = Sample.__dataclass_fields__
    return {name: statistics.median(getattr(one, name) for one in samples) for name in names}


def ratios(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the results with each rate as a part of the bare view's and of the peer's."""
    told: dict[str, dict[str, dict[str, float]]] = {}
    for operation, by_server in found.items():
        told[operation] = {}
        for name, values in by_server.items():
            workers = name.rpartition(", ")[2]
            more = {}
            for key, other in (("of_bare", "bare Flask view"), ("of_peer", "node-oidc-provider")):
                beside = by_server.get(f"{other}, {workers}")
                if beside is not None:
                    more[key] = values["per_second"] / beside["per_second"]
            told[operation][name] = {**values, **more}
    return told
