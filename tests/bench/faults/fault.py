"""A fault: where it happens, what is done, and how a run of it goes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.runtime import pulse
from tests.bench.faults import health
from tests.bench.faults.checker import Checker
from tests.bench.faults.crew import Crew, at_work, beats_file
from tests.bench.faults.stage import POSTGRESQL, SQLITE, Stage, stage
from tests.bench.faults.tally import SLOW, Tally
from tests.bench.faults.wire import AWAY
from tests.bench.faults.wire import REFUSED as NOBODY
from tests.drivers.memory import memory
from tests.drivers.postgres import Postgres, running_postgres

AROUND = 2.0  # seconds of work before a fault, and when all is well again
NOTICED_WITHIN = 2.5  # seconds
WAITS = 1.0  # seconds that a request waits for the database
BOTH = (SQLITE, POSTGRESQL)
Place = Callable[[str, Path], AbstractContextManager[Stage]]


@dataclass
class Run:
    """A fault under way."""

    stage: Stage
    crew: Crew | None
    tally: Tally
    seconds: float

    @property
    def beats_file(self) -> Path:
        return beats_file(self.stage)

    def hold(self) -> tuple[float, float]:
        """Let the fault last, and return from when to when whoever asks is told of it.

        Who asks in the last second may still wait for the answer when the fault is over.
        """
        began = time.monotonic()
        time.sleep(self.seconds)
        return began + NOTICED_WITHIN, time.monotonic() - WAITS

    def readiness(self, window: tuple[float, float]) -> set[str]:
        """Return what /readyz said between two instants; the watch writes each answer at once."""
        begin, end = window
        return {
            beat.says
            for beat in health.beats(self.beats_file)
            if beat.path == "/readyz" and begin <= beat.at < end and beat.status
        }

    def statuses(self, window: tuple[float, float], path: str = "") -> set[int]:
        """Return the statuses of requests that were sent in between."""
        return {one.status for one in self.stage.times.between(*window, path)}

    def was_away(self, window: tuple[float, float]) -> None:
        """Expect that all were told, all the time, that the database does not answer."""
        said, seen = self.readiness(window), self.statuses(window, "/oauth/")
        self.expect(said == {pulse.AWAY}, f"/readyz said {said}")
        self.expect(seen == {503}, f"the protocol answered with {seen}")

    def complain(self, why: str) -> None:
        self.tally.complaints.append(why)

    def expect(self, holds: bool, why: str) -> None:
        if not holds:
            self.complain(why)


@contextmanager
def plain(kind: str, directory: Path, **more: str) -> Iterator[Stage]:
    """One server with two workers on a database of its own."""
    if kind == SQLITE:
        with (
            tempfile.TemporaryDirectory(dir=memory()) as place,
            stage(f"sqlite:///{place}/mandate.db", directory, more=more) as made,
        ):
            yield made
        return
    with postgres() as server:
        url = server.url("mandate")
        with stage(url, directory, postgres=server, more=more) as made:
            yield made


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL that keeps what it acknowledges, with an empty database."""
    with running_postgres() as server:
        server.create("mandate")
        yield server


@dataclass(frozen=True)
class Fault:
    """One thing that breaks. `act` does it, and returns when it is over."""

    name: str
    act: Callable[[Run], None]
    kinds: tuple[str, ...] = BOTH
    place: Place = plain
    new_each: bool = False  # clients open a connection for each request
    paced: float = 0.0
    keeps_health: bool = True  # /healthz must answer all the time
    has_clients: bool = True


def run(
    fault: Fault, kind: str, seconds: float, *, around: float = AROUND, slow: float = SLOW
) -> Tally:
    """Let a deployment work, break it, let it recover, and ask it about everything.

    It works for `around` seconds before and after; what takes longer than `slow` seconds is
    counted. Raises Skipped where the machine lacks something.
    """
    tally = Tally(slow_after=slow)
    with (
        tempfile.TemporaryDirectory() as name,
        fault.place(kind, Path(name)) as made,
    ):
        if not fault.has_clients:
            with health.watched(made.servers[0].port, beats_file(made)):
                fault.act(Run(made, None, tally, seconds))
                tally.recovered_after = made.until_ready()
            judge(fault, made, tally)
            return tally
        with at_work(made, new_each=fault.new_each, paced=fault.paced) as crew:
            time.sleep(around)
            fault.act(Run(made, crew, tally, seconds))
            tally.recovered_after = made.until_ready()
            time.sleep(around)
        judge(fault, made, tally)
        Checker(crew, tally).check()
    return tally


def judge(fault: Fault, made: Stage, tally: Tally) -> None:
    """Count how the answers came."""
    answered = [one for one in made.times.all if one.status != NOBODY]
    refused = [one for one in answered if one.status in AWAY]
    tally.requests, tally.refused = len(answered), len(refused)
    tally.slow = sum(one.seconds > tally.slow_after for one in answered)
    late = sorted(
        {
            f"{o.seconds:.2f} s {o.status} {o.path[:24]}"
            for o in answered
            if o.seconds > tally.slow_after
        }
    )
    tally.notes += [f"slow: {', '.join(late[:4])}"] if late else []
    tally.slowest = max((one.seconds for one in answered), default=0.0)
    tally.without_retry_after = sum(not one.says_when for one in refused if one.status == 503)
    errors = {(one.status, one.path) for one in answered if one.status in (500, 501)}
    tally.complaints += [f"{status} of {path}" for status, path in sorted(errors)]
    if "Traceback" in made.logs():
        tally.complaints.append("a traceback is in the log")
    lives = [beat for beat in health.beats(beats_file(made)) if beat.path == "/healthz"]
    tally.health_p99 = health.p99([beat.seconds for beat in lives if beat.status])
    if silent := sum(beat.status != 200 for beat in lives):
        told = tally.complaints if fault.keeps_health else tally.notes
        told.append(f"/healthz was not answered {silent} of {len(lives)} times")
