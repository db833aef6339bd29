"""Peers that are programs of Node, with their modules where npm has installed them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.drivers.live_server import wait_for


@contextmanager
def running_program(
    program: Path, directory: Path, port: int, settings: Mapping[str, str]
) -> Iterator[int]:
    """Run a program that answers `/readyz` at a port until the block ends; gives its process id."""
    # A module is looked for beside the program, so the program goes where its modules are.
    copy = directory / program.name
    copy.write_text(program.read_text())
    process = subprocess.Popen(["node", copy], env={**os.environ, **settings, "PORT": str(port)})
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process.poll)
        yield process.pid
    finally:
        process.terminate()
        process.wait(15)
