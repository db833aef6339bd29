"""What processes used: CPU time and memory, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return a process and all that came from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_milliseconds(pid: int) -> float:
    """Return the CPU time of a family, with that of children that have ended."""
    fields = [_fields(one) for one in family(pid)]
    return sum(sum(map(int, found[11:15])) for found in fields if found) / TICK * 1e3


def memory_megabytes(pid: int) -> float:
    """Return the resident memory of the largest process of a family."""
    sizes = [_fields(one) for one in family(pid)]
    pages = max(int(found[21]) for found in sizes if found)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may hold spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
