"""Every process of a server, each by a connection of its own: the kernel says who took which."""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.faults.wire import Endpoint, Times, Wire
from tests.bench.processes import family

TRIES = 200
ACCEPTED_WITHIN = 1.0  # seconds


def connections(port: int, parent: int, times: Times) -> list[Wire]:
    """Return a connection to each worker of the server at a port; raises AssertionError."""
    found: dict[int, Wire] = {}
    workers = set(family(parent)) - {parent}
    for _ in range(TRIES):
        wire = Wire(Endpoint(port), times)
        pid = _taken_by(wire, port, workers)
        if pid in workers and pid not in found:
            found[pid] = wire
        else:
            wire.close()
        if len(found) == len(workers):
            return list(found.values())
    raise AssertionError(f"{len(found)} of {len(workers)} workers took a connection")


def _taken_by(wire: Wire, port: int, workers: set[int]) -> int | None:
    """Ask something over a new connection, and return the process that holds its other end."""
    answer = wire.get("/healthz")
    local = wire.local_port()
    if answer is None or local is None:
        return None
    ends = time.monotonic() + ACCEPTED_WITHIN
    while time.monotonic() < ends:
        inode = _inode(port, local)
        for pid in workers if inode else ():
            if f"socket:[{inode}]" in _links(pid):
                return pid
    return None


def _inode(local: int, remote: int) -> str | None:
    """Return the inode of an established connection of this machine, seen from the server's side."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ends = [int(address.rpartition(":")[2], 16) for address in fields[1:3]]
        if ends == [local, remote] and fields[9] != "0":
            return fields[9]
    return None


def _links(pid: int) -> set[str]:
    """Return what the descriptors of a process lead to."""
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(path.readlink()))
        except OSError:
            continue
    return found
