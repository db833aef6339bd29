"""A Redis server of the tests' own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.drivers.live_server import free_port

PROGRAM = shutil.which("redis-server")
REDIS = pytest.mark.skipif(PROGRAM is None, reason="optional: .ci/run installs redis-server")


@dataclass
class RunningRedis:
    """A running server; `pid` is its process."""

    url: str
    pid: int


@contextmanager
def running_redis() -> Iterator[RunningRedis]:
    """Run a Redis server that keeps nothing, until the block ends."""
    assert PROGRAM is not None
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        command = [PROGRAM, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        process = subprocess.Popen([*command, "--dir", directory], stdout=subprocess.DEVNULL)
        try:
            _wait(port)
            yield RunningRedis(f"redis://127.0.0.1:{port}/0", process.pid)
        finally:
            process.kill()
            process.wait(10)


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            with Redis(port=port) as client:
                client.ping()
                return
        except RedisError:
            time.sleep(0.05)
    raise AssertionError("Redis did not start")
