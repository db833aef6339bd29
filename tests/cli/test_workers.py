"""The processes of `mandate serve`: they end with their parent, begin anew on SIGHUP, and hold on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.settings import PACKAGE
from tests.drivers.command_line import environment
from tests.drivers.live_server import forked, free_port
from tests.drivers.programs import Program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


@dataclass
class Served:
    """A server with one worker, the catalog that it reads, and its log."""

    process: Program
    port: int
    catalog: Path
    log: Path

    def workers(self) -> list[int]:
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
            capture_output=True,
            check=False,
        )
        return [int(pid) for pid in found.stdout.split()]

    def scopes(self) -> list[str]:
        address = f"http://127.0.0.1:{self.port}/.well-known/oauth-authorization-server"
        with urllib.request.urlopen(address, timeout=5) as answer:
            return list(json.load(answer)["scopes_supported"])

    def says(self, event: str) -> bool:
        return f'"event": "{event}"' in self.log.read_text()


@pytest.fixture
def served(database: Path, tmp_path: Path) -> Iterator[Served]:
    catalog, log, port = tmp_path / "catalog.toml", tmp_path / "log", free_port()
    shutil.copy(PACKAGE / "catalog.toml", catalog)
    settings = {
        **environment(database),
        "MANDATE_ISSUER": f"http://127.0.0.1:{port}",
        "MANDATE_CATALOG": str(catalog),
    }
    with forked(settings, port=port, workers=1, log=log) as process:
        yield Served(process, port, catalog, log)


def until(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:
        time.sleep(0.05)
    return holds()


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_workers_end_when_their_parent_is_killed(served: Served) -> None:
    (worker,) = served.workers()
    os.kill(served.process.pid, signal.SIGKILL)
    served.process.wait(5)
    assert until(lambda: is_gone(worker))
    assert served.says("server.orphaned")


def test_a_hangup_reads_the_files_of_the_settings_anew(served: Served) -> None:
    before, (worker,) = served.scopes(), served.workers()
    text = served.catalog.read_text().replace("secrets:edit", "secrets:write")
    served.catalog.write_text(text)
    served.process.send_signal(signal.SIGHUP)
    assert until(lambda: is_gone(worker))
    assert until(lambda: served.scopes() != before)
    assert "secrets:write" in served.scopes()


def test_a_hangup_with_broken_files_changes_nothing_and_says_why(served: Served) -> None:
    before, workers = served.scopes(), served.workers()
    served.catalog.write_text("[[roles]]\nnonsense")
    served.process.send_signal(signal.SIGHUP)
    assert until(lambda: served.says("reload.refused"))
    assert (served.scopes(), served.workers()) == (before, workers)
    assert str(served.catalog) in served.log.read_text()


def test_a_hangup_of_a_worker_alone_does_nothing(served: Served) -> None:
    (worker,) = served.workers()
    os.kill(worker, signal.SIGHUP)
    time.sleep(0.3)
    assert served.workers() == [worker]
    assert served.scopes()
