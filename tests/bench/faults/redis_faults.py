"""Redis, which counts requests, hangs: nothing else may hang on it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.faults.fault import Fault, Run, plain
from tests.bench.faults.skip import Skipped
from tests.bench.faults.stage import Stage
from tests.bench.faults.wire import Wire
from tests.drivers.redis import PROGRAM, RunningRedis, running_redis
from tests.drivers.tool import CSRF
from tests.drivers.world import PASSWORD

PERSON = "cleo"


class Counters:
    """The Redis of the stage that runs."""

    redis: RunningRedis

    @contextmanager
    def shared(self, kind: str, directory: Path) -> Iterator[Stage]:
        """A deployment that counts in Redis."""
        if PROGRAM is None:
            raise Skipped("needs Debian's redis-server")
        with running_redis() as redis, plain(kind, directory, MANDATE_REDIS_URL=redis.url) as made:
            self.redis = redis
            yield made


COUNTERS = Counters()


def _stop(run: Run) -> None:
    """Stop Redis while people sign in, which is counted."""
    before = sign_in(run)
    statuses: list[int] = []
    os.kill(COUNTERS.redis.pid, signal.SIGSTOP)
    try:
        ends = time.monotonic() + run.seconds
        while time.monotonic() < ends or not statuses:
            statuses.append(sign_in(run))
    finally:
        os.kill(COUNTERS.redis.pid, signal.SIGCONT)
    run.expect(before == 303, f"before, a sign-in was answered with {before}")
    run.expect(set(statuses) == {303}, f"sign-ins were answered with {set(statuses)}")
    run.tally.notes.append(f"{statuses.count(303)} of {len(statuses)} sign-ins went on")


def sign_in(run: Run) -> int:
    """Sign in with a browser that is new, and return the status of the answer; 0 for none."""
    wire = Wire(run.stage.endpoint, run.stage.times)
    page = wire.get("/login")
    token = CSRF.search(page.text) if page else None
    if page is None or token is None:
        return page.status if page else 0
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    fields = {"csrf_token": token[1], "username": PERSON, "password": PASSWORD.format(PERSON)}
    answer = wire.post("/login", fields, {"Cookie": cookie})
    wire.close()
    return answer.status if answer else 0


FAULTS = [Fault("stopped-redis", _stop, place=COUNTERS.shared)]
