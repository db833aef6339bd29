"""Where files of a second live: on a disk every commit and every copy waits."""

from __future__ import annotations

from pathlib import Path

_MEMORY = Path("/dev/shm")


def memory() -> Path | None:
    """Return a directory in memory, where the machine has one."""
    return _MEMORY if _MEMORY.is_dir() else None
