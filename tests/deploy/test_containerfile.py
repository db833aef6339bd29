"""The container file: what its image is like, and that its steps make a Mandate that runs."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.drivers.command_line import environment
from tests.drivers.containerfile import build, copied, healthcheck, of, one, python, stages, tracked
from tests.drivers.live_server import free_port, wait_for

MEGABYTE = 1_000_000
# The base image has about 21 MB as it is pulled and 53 unpacked; the image may have 200.
MAX_PULLED, MAX_UNPACKED = 200 - 21, 200 - 53
IMAGE = "MANDATE_TESTS_IMAGE"
READ_ONLY = 'mount -o remount,bind,ro / && exec "$@"'


def test_the_image_runs_as_nobody_in_particular_and_gets_its_signals_itself() -> None:
    final = stages()[-1]
    uid, gid = (int(number) for number in one(final, "USER").text.split(":"))
    assert min(uid, gid) >= 10_000
    assert one(final, "ENTRYPOINT").words == ["mandate"]
    assert one(final, "CMD").words == ["serve", "--host", "0.0.0.0"]
    assert healthcheck(final, 8000)[:2] == ["python", "-c"]
    assert of(final, "RUN") == []


def test_the_image_holds_nothing_of_the_checkout_but_the_wheel() -> None:
    first, final = stages()
    assert copied(final) == []
    assert of(final, "COPY") == ["--from=build /opt/mandate /opt/mandate"]
    assert "." not in copied(first)
    assert [name for name in copied(first) if not tracked(name)] == []


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that the steps of the file make in an empty directory."""
    if IMAGE not in os.environ:
        pytest.skip(f"optional: it takes minutes; set {IMAGE}=1")
    if python() != f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip(f"optional: the image has Python {python()}")
    return build(tmp_path_factory.mktemp("image"))


def ran(built: Path, *words: str, **variables: str) -> str:
    """Run the built program with an environment of its own, and return what it prints."""
    done = subprocess.run(
        [built / "bin" / "mandate", *words],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.slow
def test_the_steps_make_the_version_and_the_pins_of_this_checkout(built: Path) -> None:
    assert ran(built, "--version") == f"mandate {version('mandate')}\n"
    pins = ran(built, "deploy", "show", "constraints.txt").split()
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "--python", built / "bin" / "python", "freeze"],
        capture_output=True,
        text=True,
        check=True,
    )
    installed = {line for line in listed.stdout.split() if "==" in line}
    assert "psycopg-binary" in listed.stdout
    assert {pin.lower() for pin in installed} <= {pin.lower() for pin in pins}


@pytest.mark.slow
def test_the_image_is_small_and_has_no_installer(built: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as archive:
        archive.add(built)
    assert len(packed.getvalue()) < MAX_PULLED * MEGABYTE
    unpacked = sum(path.lstat().st_size for path in built.rglob("*"))
    assert unpacked < MAX_UNPACKED * MEGABYTE
    assert [path.name for path in (built / "bin").glob("pip*")] == []


@contextmanager
def running(
    command: Sequence[str | Path], variables: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=variables, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


@pytest.mark.slow
def test_the_image_serves_from_a_file_system_that_cannot_be_written(
    built: Path, swift_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("optional: only root can make the file system read-only for one program")
    final, port = stages()[-1], str(free_port())
    variables = {"PATH": f"{built / 'bin'}:/usr/bin:/bin", **environment(swift_path / "m.db")}
    ran(built, "db", "upgrade", **variables)
    words = [*one(final, "ENTRYPOINT").words, *one(final, "CMD").words[:-2], "--port", port]
    locked = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh"]
    refused = subprocess.run(
        [*locked, "touch", str(built / "x")], capture_output=True, text=True, check=False
    )
    assert "Read-only file system" in refused.stderr
    with running([*locked, *words], variables) as server:
        wait_for(f"http://127.0.0.1:{port}/readyz", server.poll)
        check = healthcheck(final, int(port))
        assert subprocess.run(check, env=variables, check=False).returncode == 0
        server.send_signal(signal.SIGTERM)
        assert server.wait(15) == 0
    stopped = subprocess.run(check, env=variables, capture_output=True, check=False)
    assert stopped.returncode != 0
