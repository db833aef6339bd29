"""A program that is forked off a loaded one is like one that begins from nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drivers.command_line import COMMAND, environment, outside
from tests.drivers.live_server import free_port, wait_for
from tests.drivers.programs import Program


def _state(pid: int) -> dict[str, object]:
    """Return what Linux knows of a process: its signals, threads, open files and places."""
    home = Path(f"/proc/{pid}")
    lines = (line.split(":", 1) for line in (home / "status").read_text().splitlines())
    known = {name: value.strip() for name, value in lines}
    names = ("SigBlk", "SigIgn", "SigCgt", "Threads", "Umask")
    links = {each.name: str(each.readlink()) for each in (home / "fd").iterdir()}
    return {
        **{name: known[name] for name in names},
        "files": sorted(link.split(":")[0] for name, link in links.items() if int(name) > 2),
        "directory": str((home / "cwd").readlink()),
        "session": os.getsid(pid) == os.getpgid(pid) == pid,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_server_has_the_signals_files_and_places_of_one_from_nothing(
    database: Path, tmp_path: Path
) -> None:
    settings = {**outside(), **environment(database)}
    ports = [free_port(), free_port()]
    words = [["serve", "--workers", "1", "--port", str(port)] for port in ports]
    with (
        subprocess.Popen(
            [*COMMAND, *words[0]],
            env=settings,
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as fresh,
        Program(words[1], settings, directory=tmp_path) as forked,
    ):
        try:
            wait_for(f"http://127.0.0.1:{ports[0]}/healthz", fresh.poll)
            wait_for(f"http://127.0.0.1:{ports[1]}/healthz", forked.poll)
            assert _state(forked.pid) == _state(fresh.pid)
        finally:
            fresh.terminate()
    assert fresh.returncode == 0


def test_it_has_no_settings_but_its_own(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(database).items():
        monkeypatch.setenv(name, value)
    # What was loaded for nobody else: a process that begins with the settings of here.
    with Program(["user", "list"], outside(), loaded=("app.cli",)) as program:
        assert "MANDATE_ISSUER" in program.communicate(60)[1]
        assert program.returncode != 0


def test_it_reads_what_it_is_given_and_says_how_it_ended(database: Path) -> None:
    settings = {**outside(), **environment(database)}
    add = ["user", "add", "ada", "--email", "ada@example.org", "--password-stdin"]
    with Program(add, settings, stdin=b"short\n") as program:
        out, err = program.communicate(60)
        assert (program.poll(), out) == (program.returncode, "")
        assert err.startswith("mandate: ")
    with Program(["serve", "--port", str(free_port())], settings) as program:
        assert program.poll() is None
        program.kill()
        assert program.wait(10) == -signal.SIGKILL
