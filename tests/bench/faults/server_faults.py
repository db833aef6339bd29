"""What happens to the processes of Mandate itself."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.faults.fault import Fault, Run, plain
from tests.bench.faults.skip import Skipped
from tests.bench.faults.stage import Server, Stage
from tests.bench.faults.wire import CUT_OFF, Endpoint
from tests.drivers import nginx
from tests.drivers.live_server import free_port
from tests.drivers.sites import authority

ORPHANS_END_WITHIN = 15  # seconds
HALVES = 6  # requests of which half has been sent when the server is told to end
REST_AFTER = 1.0  # seconds
SEEN_AGAIN_AFTER = 6.0  # seconds: nginx asks a server that failed again after `fail_timeout`, five


def _kill_worker(run: Run) -> None:
    """Kill one worker, and later another one; each is replaced."""
    server = run.stage.servers[0]
    for _ in range(2):
        began, before = time.monotonic(), set(server.workers)
        os.kill(min(before), signal.SIGKILL)
        while len(set(server.workers) - before) < 1:
            if time.monotonic() - began > ORPHANS_END_WITHIN:
                run.complain("no worker took the place of the one that was killed")
                return
            time.sleep(0.05)
        time.sleep(run.seconds / 2)


def _kill_parent(run: Run) -> None:
    """Kill the parent: its workers must end by themselves, and a new one can take the port."""
    server = run.stage.servers[0]
    workers = server.workers
    began = time.monotonic()
    server.process.kill()
    server.process.wait(10)
    while any(_runs(pid) for pid in workers):
        if time.monotonic() - began > ORPHANS_END_WITHIN:
            run.complain("workers go on without their parent")
            break
        time.sleep(0.05)
    run.tally.notes.append(f"workers ended after {time.monotonic() - began:.1f} s")
    run.stage.end(server)
    run.stage.start(server.port)


def _runs(pid: int) -> bool:
    """Say whether a process runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _end_under_load(run: Run) -> None:
    """Tell the server to end while it works: what it has begun to read is answered."""
    server = run.stage.servers[0]
    halves = Halves(server, run)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    time.sleep(REST_AFTER)
    answered = halves.finish()
    server.process.wait(ORPHANS_END_WITHIN)
    ended = time.monotonic()
    run.stage.end(server)
    run.stage.start(server.port)
    run.expect(answered == HALVES, f"{HALVES - answered} of {HALVES} half requests were dropped")
    sent = run.stage.times.between(began - 2, ended)
    dropped = sum(one.status == CUT_OFF for one in sent)
    run.tally.notes.append(f"{dropped} of {len(sent)} requests around the end were cut off")
    run.expect(not dropped, f"{dropped} requests were cut off")


class Halves:
    """Requests to introspection of which the second half is still to come."""

    def __init__(self, server: Server, run: Run) -> None:
        crew = run.crew
        assert crew is not None
        body = f"token={crew.standing}".encode()
        self._rest = body[10:]
        head = "POST /oauth/introspect HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\n"
        head += f"Authorization: {crew.resource_server['Authorization']}\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        self._open = [
            socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(HALVES)
        ]
        for one in self._open:
            one.sendall(head.encode() + body[:10])
        time.sleep(0.3)  # so that they are being read

    def finish(self) -> int:
        """Send the rest, and return how many were answered well."""
        return sum(self._is_answered(one) for one in self._open)

    def _is_answered(self, connection: socket.socket) -> bool:
        try:
            with connection:
                connection.sendall(self._rest)
                return connection.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False


@contextmanager
def _two_behind_nginx(kind: str, directory: Path) -> Iterator[Stage]:
    """Two servers on one database behind nginx, with the file that Mandate brings along."""
    if nginx.program() is None:
        raise Skipped("needs Debian's nginx")
    with plain(kind, directory) as made:
        made.start(free_port())
        ports = [server.port for server in made.servers]
        with nginx.running_nginx(directory, *ports) as front:
            made.front = Endpoint(front.secure_port, authority().trust(), nginx.HOST)
            yield made
            made.front = None


def _roll(run: Run) -> None:
    """Restart one server after the other, as an upgrade does."""
    began = time.monotonic()
    for server in list(run.stage.servers):
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(ORPHANS_END_WITHIN)
        run.stage.end(server)
        run.stage.start(server.port)
        run.stage.until_ready()
        time.sleep(SEEN_AGAIN_AFTER)
    sent = run.stage.times.between(began - 1, time.monotonic())
    failed = [one for one in sent if one.status <= 0 or one.status >= 500]
    run.tally.notes.append(f"{len(failed)} of {len(sent)} requests failed")
    errors = (run.stage.directory / "error.log").read_text()
    if failed and (lines := [line for line in errors.splitlines() if "upstream" in line]):
        run.tally.notes.append(lines[-1][:300])
    kinds = sorted({(one.status, one.path) for one in failed})
    run.expect(not failed, f"{len(failed)} requests failed: {kinds[:6]}")


FAULTS = [
    Fault("killed-worker", _kill_worker, keeps_health=False),
    Fault("killed-parent", _kill_parent, keeps_health=False),
    Fault("ended-under-load", _end_under_load, keeps_health=False, new_each=True),
    Fault("rolling-restart", _roll, place=_two_behind_nginx, paced=0.5, keeps_health=False),
]
