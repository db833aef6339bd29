"""Is it as fast when there is much? `python -m tests.bench.growth [--sizes N …] [--elements N …]`.

One PostgreSQL database grows in steps; a tenth as many users as tokens, each with an Authorization and a
session. At each step `mandate serve` (2 workers) is measured beside a bare view: introspection of one
token and of tokens that nobody has asked about, refresh, the settings list, and introspection while
`mandate cleanup` removes a fifth of the tokens. Before that, in the smallest database, one Authorization
is measured with more and more project roles. The ratios to the bare view count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.bench import load, servers
from tests.bench.filler import fill, widen
from tests.bench.load import Load
from tests.bench.seeds import Seeds
from tests.bench.servers import Server
from tests.bench.suite import CONNECTIONS, FASTEST
from tests.drivers.clock import Clock
from tests.drivers.deployment import environment, make_app, prepared
from tests.drivers.live_server import free_port, shipped
from tests.drivers.postgres import running_postgres

ONES = ("introspection", "first_introspection", "refresh")
OPERATIONS = (*ONES, "settings_list")
AGE = "UPDATE access_tokens SET expires_at = now() - interval '2 days' WHERE id ~ '_[23]$'"


class Step(NamedTuple):
    """One line of the table; `size` in tokens or in elements of an Authorization."""

    size: str
    operation: str
    of_bare: float
    p99: float


class Rounds(NamedTuple):
    """How often each operation is measured, and for how many seconds."""

    rounds: int
    seconds: int


def _alternating(
    server: Server, bare: Server, operation: str, how: Rounds, prepare: Callable[[], object]
) -> Step:
    ratios, highs = [], []
    connections, seconds = CONNECTIONS.get(operation, 8), how.seconds
    for _ in range(how.rounds):
        asked = server.load(operation, 2 * FASTEST * seconds, connections)
        assert asked is not None
        prepare()
        own = load.run(asked, server.port, seconds=seconds, connections=connections)
        beside = _bare(bare, seconds)
        ratios.append(own.per_second / beside)
        highs.append(own.p99)
    return Step("", operation, statistics.median(ratios), statistics.median(highs))


def _bare(bare: Server, seconds: int) -> float:
    asked = bare.load("bare", 0, 0)
    assert asked is not None
    return load.run(asked, bare.port, seconds=seconds, connections=16).per_second


def _while_cleaning(
    server: Server, bare: Server, asked: Load, settings: dict[str, str], seconds: int
) -> tuple[Step, float]:
    """Measure introspection while old tokens are removed; returns how long that took as well."""
    command = [sys.executable, "-c", "from app import main; main()", "cleanup"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MANDATE_")}
    began = time.monotonic()
    ratios, highs = [], []
    with subprocess.Popen(
        command, env={**clean, **settings}, stdout=subprocess.DEVNULL
    ) as cleaning:
        while cleaning.poll() is None:
            own = load.run(asked, server.port, seconds=seconds, connections=16)
            ratios.append(own.per_second / _bare(bare, seconds))
            highs.append(own.p99)
    assert cleaning.returncode == 0
    took = time.monotonic() - began
    return Step("", "introspection while cleaning", statistics.median(ratios), max(highs)), took


def measure(sizes: list[int], elements: list[int], how: Rounds) -> None:
    """Grow, measure and print a table."""
    print(f"{'':>16}  {'operation':30} {'of bare':>8} {'p99 ms':>8}")
    with running_postgres() as postgres, tempfile.TemporaryDirectory() as temporary:
        postgres.hurry()
        postgres.create("growth")
        directory, url, port = Path(temporary), postgres.url("growth"), free_port()
        more = {"MANDATE_ISSUER": f"http://127.0.0.1:{port}"}
        settings, clock = environment(url, **more), Clock()
        clock.at = datetime.now(UTC)
        world = replace(prepared(url), app=make_app(url, clock, **more), clock=clock)
        uri, seeds, before = postgres.uri("growth"), Seeds(world), 0

        @contextmanager
        def standing(name: str) -> Iterator[tuple[Server, Server]]:
            log = directory / f"{name}.log"
            with (
                servers.bare(directory, 2) as bare,
                shipped(settings, port=port, workers=2, log=log) as process,
            ):
                yield Server("Mandate", port, process.pid, seeds.load), bare

        with standing("elements") as (server, bare):
            for number in elements:
                for operation in ONES:
                    step = _alternating(server, bare, operation, how, partial(widen, uri, number))
                    _print(step._replace(size=f"{number:,} elements"))
        widen(uri, 1)
        for size in sizes:
            fill(uri, before=before, tokens=size)
            before = size
            with standing(str(size)) as (server, bare):
                for operation in OPERATIONS:
                    step = _alternating(server, bare, operation, how, list)
                    _print(step._replace(size=f"{size:,} tokens"))
                with psycopg.connect(uri, autocommit=True) as connection:
                    aged = connection.execute(AGE.encode()).rowcount
                asked = seeds.load("introspection", 0, 16)
                step, took = _while_cleaning(server, bare, asked, settings, how.seconds)
                _print(step._replace(size=f"{size:,} tokens"))
                print(f"{'':18}{aged:,} tokens and their kin removed in {took:.1f} s")


def _print(step: Step) -> None:
    operation = step.operation.replace("_", " ")
    print(f"{step.size:>16}  {operation:30} {step.of_bare:8.2f} {step.p99:8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000, 10_000_000])
    parser.add_argument("--elements", type=int, nargs="*", default=[1, 100, 1_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    chosen = parser.parse_args()
    measure(chosen.sizes, chosen.elements, Rounds(chosen.rounds, chosen.seconds))


if __name__ == "__main__":
    main()
