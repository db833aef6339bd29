"""What happens between Mandate and its database: networks that swallow, poolers that die."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from app.settings.database import BY_TRANSACTION
from tests.bench.faults.fault import Fault, Run, postgres
from tests.bench.faults.skip import Skipped
from tests.bench.faults.stage import POSTGRESQL, Stage, stage
from tests.drivers.live_server import free_port
from tests.drivers.pgbouncer import PROGRAM, Pgbouncer, mortal_pgbouncer
from tests.drivers.postgres import Postgres
from tests.drivers.relay import Relay, running_relay

HERE, THERE = "10.213.77.1", "10.213.77.2"  # the two ends of a cable between two namespaces
POOL = 20


def _socket_of(server: Postgres) -> str:
    return parse_qs(urlsplit(server.uri("mandate")).query)["host"][0] + "/.s.PGSQL.5432"


class Places:
    """Stages with something in between; `relay`, `pooler` and `namespace` are of the one that runs."""

    relay: Relay
    pooler: Pgbouncer
    namespace = f"mandate-{os.getpid()}"

    @contextmanager
    def relayed(self, _kind: str, directory: Path) -> Iterator[Stage]:
        """PostgreSQL behind a relay on this machine."""
        with postgres() as server, running_relay(_socket_of(server), free_port()) as relay:
            self.relay = relay
            url = server.url("mandate")
            with stage(url, directory, postgres=server, seen=relay.url("mandate")) as made:
                yield made

    @contextmanager
    def apart(self, _kind: str, directory: Path) -> Iterator[Stage]:
        """PostgreSQL behind a relay in a network namespace, at the other end of a cable."""
        within = ["ip", "netns", "exec", self.namespace]
        with (
            postgres() as server,
            _cable(self.namespace),
            running_relay(_socket_of(server), 5432, host=THERE, within=within) as relay,
        ):
            url = server.url("mandate")
            with stage(url, directory, postgres=server, seen=relay.url("mandate")) as made:
                yield made

    @contextmanager
    def pooled(self, _kind: str, directory: Path) -> Iterator[Stage]:
        """PostgreSQL behind PgBouncer in transaction mode."""
        if PROGRAM is None:
            raise Skipped("needs Debian's pgbouncer")
        with postgres() as server, mortal_pgbouncer(server, BY_TRANSACTION, size=POOL) as pooler:
            self.pooler = pooler
            url, more = server.url("mandate"), {"MANDATE_DATABASE_POOLER": BY_TRANSACTION}
            seen = pooler.url + "mandate"
            with stage(url, directory, postgres=server, seen=seen, more=more) as made:
                yield made


PLACES = Places()


@contextmanager
def _cable(namespace: str) -> Iterator[None]:
    """Lay a cable into a new network namespace; needs root."""
    if shutil.which("ip") is None or os.getuid() != 0:
        raise Skipped("needs root and the program `ip`")
    end = f"md{os.getpid()}"[:13]
    with ExitStack() as stack:
        try:
            _ip("netns", "add", namespace)
            stack.callback(_ip, "netns", "del", namespace)
            _ip("link", "add", f"{end}a", "type", "veth", "peer", f"{end}b", "netns", namespace)
            _ip("addr", "add", f"{HERE}/30", "dev", f"{end}a")
            _ip("link", "set", f"{end}a", "up")
            _ip("-n", namespace, "addr", "add", f"{THERE}/30", "dev", f"{end}b")
            _ip("-n", namespace, "link", "set", f"{end}b", "up")
        except subprocess.CalledProcessError as error:
            raise Skipped(f"no network namespace: {error.stderr.strip()}") from None
        yield


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def _swallow(run: Run) -> None:
    """Let a relay take all that both sides say, and hand on none of it."""
    PLACES.relay.swallow()
    window = run.hold()
    PLACES.relay.carry()
    run.was_away(window)


def _drop_route(run: Run) -> None:
    """Let packets be dropped on the way back, as by a router that lost a route."""
    route = ("route", "{}", "blackhole", f"{HERE}/32")

    def change(verb: str) -> None:
        _ip("-n", PLACES.namespace, *(part.format(verb) for part in route))

    change("add")
    try:
        window = run.hold()
    finally:
        change("del")
    run.was_away(window)


def _kill_pooler(run: Run) -> None:
    """Kill PgBouncer with all connections, and start it again at the same port."""
    PLACES.pooler.kill()
    window = run.hold()
    PLACES.pooler.start()
    run.was_away(window)


def _restart_pooler(run: Run) -> None:
    """Kill PgBouncer and start it at once, again and again."""
    ends = time.monotonic() + run.seconds
    while time.monotonic() < ends:
        with suppress(ProcessLookupError):
            PLACES.pooler.kill()
        PLACES.pooler.start()
        time.sleep(1)


ON = (POSTGRESQL,)
FAULTS = [
    Fault("black-hole", _swallow, kinds=ON, place=PLACES.relayed),
    Fault("dropped-route", _drop_route, kinds=ON, place=PLACES.apart),
    Fault("killed-pooler", _kill_pooler, kinds=ON, place=PLACES.pooled),
    Fault("restarted-pooler", _restart_pooler, kinds=ON, place=PLACES.pooled),
]
