"""What the chain of the audit log costs its writers: `python -m tests.bench.audit_chain`.

Fifty threads in five processes add events on PostgreSQL, each in a transaction of its own, as acts do.
Rounds without and with the sealer alternate. It runs in one of these processes, as in a server, and
twenty times as often. What a round without it left is sealed before the next one. The ratio is the
result: with the sealer over without, 1 when the chain costs nothing. The time of the cores for an event
says the same on a machine that others use.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import NamedTuple

from flask import Flask

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.runtime import audit_thread
from app.runtime.clock import CLOCK
from app.services import audit, audit_verification
from tests.bench import processes
from tests.drivers.audit_log import KEYS, AuditLog
from tests.drivers.clock import Clock
from tests.drivers.deployment import make_app, prepared
from tests.drivers.postgres import running_postgres

PROCESSES, THREADS = 5, 10
EVERY = 0.5  # seconds between two runs of the sealer; a server takes ten
BOUND = 0.9  # at least so much of the throughput is left


class Half(NamedTuple):
    """Half of a round: events a second, and milliseconds of a core for each."""

    per_second: float
    cpu: float


class Round(NamedTuple):
    """Events a second without and with the sealer, one after the other."""

    without: float
    sealed: float
    cpu_without: float  # milliseconds of a core for an event, PostgreSQL's included
    cpu_sealed: float
    segments: int  # that were made in the round with the sealer

    @property
    def ratio(self) -> float:
        return self.sealed / self.without


def _now() -> datetime:
    return datetime.now(UTC)


@repeated
def _add() -> None:
    with writing() as session:
        audit.record(
            session,
            AuditKind.SESSION_REFRESHED,
            at=_now(),
            actor="client",
            subject="aut_0123456789abcdef",
            user_id="usr_0123456789abcdef",
            session="01234567890",
        )


def _write(app: Flask, seconds: float) -> int:
    """Let the threads of this process write, and return how many events they added."""
    barrier, counts = threading.Barrier(THREADS), []

    def run() -> None:
        with app.app_context():
            _add()  # makes the connection
            barrier.wait()
            ends, count = time.monotonic() + seconds, 0
            while time.monotonic() < ends:
                _add()
                count += 1
            counts.append(count)

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def _work(url: str, orders: Connection) -> None:
    """Do what the parent orders: for how many seconds, and whether this process seals."""
    app = make_app(url, Clock(), MANDATE_DATABASE_POOL_SIZE=str(THREADS + 2))
    app.extensions[CLOCK] = _now
    sys.stderr = open("/dev/null", "w")  # noqa: PTH123, SIM115 - the heads are not for this terminal
    audit_thread.EVERY = EVERY
    while (order := orders.recv()) is not None:
        seconds, seals = order
        thread = audit_thread.AuditThread(app)
        if seals:
            thread.start()
        before = time.process_time()
        count = _write(app, seconds)
        orders.send((count, (time.process_time() - before) * 1_000))
        thread.close()


@contextmanager
def _workers(url: str) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        pipes: list[Connection] = []
        for _ in range(PROCESSES):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(url, theirs))
            process.start()
            stack.callback(process.join)
            stack.callback(ours.send, None)
            pipes.append(ours)
        yield pipes


def _round(pipes: list[Connection], seconds: float, database: int, *, seals: bool) -> Half:
    before = processes.cpu_milliseconds(database)
    for place, pipe in enumerate(pipes):
        pipe.send((seconds, seals and place == 0))
    counts, spans = zip(*(pipe.recv() for pipe in pipes), strict=True)
    spent = sum(spans) + processes.cpu_milliseconds(database) - before
    return Half(sum(counts) / seconds, spent / sum(counts))


def _seal_all(log: AuditLog) -> None:
    log.world.clock.at = _now()
    log.seal()


def measure(rounds: int, seconds: float) -> list[Round]:
    """Return what the rounds gave; the log that they leave is compared with its chain."""
    with running_postgres() as server:
        server.create("audit_chain")
        url = server.url("audit_chain")
        log = AuditLog(prepared(url))
        with _workers(url) as pipes:
            _round(pipes, 1, server.pid(), seals=False)
            found = []
            for number in range(rounds):
                pair, segments = {}, 0
                for seals in (False, True) if number % 2 else (True, False):
                    _seal_all(log)
                    before = log.head().number
                    pair[seals] = _round(pipes, seconds, server.pid(), seals=seals)
                    segments += log.head().number - before
                assert segments, "the sealer has run"
                without, sealed = pair[False], pair[True]
                speeds = (without.per_second, sealed.per_second)
                found.append(Round(*speeds, without.cpu, sealed.cpu, segments))
        _seal_all(log)
        with log.world.app.app_context():
            verdict = audit_verification.verify(KEYS)
        assert verdict.findings == (), verdict.findings
        assert verdict.unsealed.count == 0
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.5)
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    found = measure(chosen.rounds, chosen.seconds)
    ratio = statistics.median(each.ratio for each in found)
    cpu = statistics.median(each.cpu_without / each.cpu_sealed for each in found)
    if chosen.json:
        print(
            json.dumps({"ratio": ratio, "cpu": cpu, "rounds": [each._asdict() for each in found]})
        )
    else:
        print(f"{'events a second':>21} {'ratio':>6} {'ms of a core each':>19} {'segments':>9}")
        for each in found:
            speeds = f"{each.without:10,.0f} {each.sealed:10,.0f} {each.ratio:6.2f}"
            print(f"{speeds} {each.cpu_without:9.3f} {each.cpu_sealed:9.3f} {each.segments:9}")
        print(f"{'median':>21} {ratio:6.2f} {cpu:19.2f}   at least {BOUND} is wanted")
    return 0 if ratio >= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
