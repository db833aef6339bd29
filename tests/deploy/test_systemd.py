"""The shipped units: what systemd says of them, and what they start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from app.cli.workers import KILL_AFTER
from tests.drivers.command_line import SECRET_KEY
from tests.drivers.deployment import Prepared
from tests.drivers.live_server import free_port, wait_for
from tests.drivers.systemd import files, seconds, unit

NAMES = ("mandate.service", "mandate-cleanup.service")
MAX_EXPOSURE = 15  # of 100, as `systemd-analyze security` counts
ANALYZE = shutil.which("systemd-analyze")
NEEDS_SYSTEMD = pytest.mark.skipif(ANALYZE is None, reason="optional: .ci/run installs systemd")
# What belongs to running one of the two, and not to what it may do.
RUNNING = {
    *("Type", "ExecStart", "ExecReload", "Restart", "RestartSec", "KillMode", "TimeoutStopSec"),
    *("TimeoutStartSec", "LimitNOFILE", "Nice"),
}


@NEEDS_SYSTEMD
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    paths = files(tmp_path)
    assert len(paths) == 3
    command = [str(ANALYZE), "verify", "--man=no", *map(str, paths)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@NEEDS_SYSTEMD
@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_exposed_to_little(name: str, tmp_path: Path) -> None:
    files(tmp_path)
    command = [str(ANALYZE), "security", "--offline=true", f"--threshold={MAX_EXPOSURE}"]
    found = subprocess.run(
        [*command, str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout[-300:]


def test_both_services_may_do_the_same_and_see_the_same() -> None:
    server, cleanup = (
        {key: value for key, value in unit(name).sections["Service"].items() if key not in RUNNING}
        for name in NAMES
    )
    assert server == cleanup
    assert server["User"] == ["mandate"]
    assert server["LoadCredential"] == ["secret-key:/etc/mandate/secret-key"]


def test_the_server_is_given_more_time_to_end_than_it_takes() -> None:
    service = unit("mandate.service")
    assert seconds(service.one("TimeoutStopSec")) >= KILL_AFTER + 5
    assert service.one("KillMode") == "mixed", "the first process ends the others"


def test_the_server_is_started_until_its_database_is_there() -> None:
    service = unit("mandate.service")
    assert service.one("Restart") == "on-failure"
    assert service.one("StartLimitIntervalSec", "Unit") == "0"


def test_the_timer_starts_the_clean_up_every_day() -> None:
    timer = unit("mandate-cleanup.timer")
    assert timer.one("OnCalendar", "Timer") == "daily"
    assert timer.one("WantedBy", "Install") == "timers.target"
    assert unit("mandate-cleanup.service").one("ExecStart").endswith("/mandate cleanup")


@pytest.mark.slow
def test_the_services_run_with_what_their_units_give_them(
    lone_database: Prepared, tmp_path: Path
) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    (credentials / "secret-key").write_text(f"{SECRET_KEY}\n")
    (credentials / "secret-key").chmod(0o400)
    port = free_port()
    settings = {
        "MANDATE_ISSUER": "https://auth.example.com",
        "MANDATE_DATABASE_URL": lone_database.url,
        "MANDATE_PROXY_HOPS": "1",
    }
    server, cleanup = (unit(name) for name in NAMES)
    seen = server.environment(credentials, settings)
    assert "MANDATE_SECRET_KEY" not in seen
    running = server.start(seen, tmp_path, "--port", str(port), "--workers", "1")
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", running.poll)
        wait_for(f"http://127.0.0.1:{port}/login", running.poll)
        cleaned = cleanup.start(cleanup.environment(credentials, settings), tmp_path)
        said = cleaned.communicate(timeout=30)[0]
        assert cleaned.returncode == 0, said
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=seconds(server.one("TimeoutStopSec")))[0]
        assert running.returncode == 0, said
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait(5)
