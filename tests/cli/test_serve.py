"""`mandate serve` as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from app.settings import ENVIRON_FILE
from tests.drivers.command_line import COMMAND, environment, outside
from tests.drivers.live_server import free_port
from tests.drivers.programs import Program

pytestmark = pytest.mark.slow


STARTS_WITHIN = 10.0
AS_QUICK = 2.5  # times an ordinary start beside it; where no start is the defect
ENDS_WITHIN = 15.0
SOON = 4.0
ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@dataclass
class Server:
    """A `mandate serve` in a process group of its own."""

    process: Program | subprocess.Popen[str]
    port: int

    def status(self, path: str = "/healthz", host: str = "127.0.0.1") -> int | None:
        connection = http.client.HTTPConnection(host, self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def is_up(self, within: float = STARTS_WITHIN) -> bool:
        """Wait until it answers, or has ended, or takes too long."""
        deadline = time.monotonic() + within
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.status() == 200:
                return True
            time.sleep(0.01)
        return False

    def end(
        self, number: int = signal.SIGTERM, *, group: bool = False, within: float = ENDS_WITHIN
    ) -> tuple[int, str, str]:
        """Send a signal and return the exit code with what was said."""
        if self.process.poll() is None:
            (os.killpg if group else os.kill)(self.process.pid, number)
        out, err = self.process.communicate(timeout=within)
        return self.process.wait(), out, err


Serve = Callable[..., Server]


def surely_starts(start: Callable[[], Server], ordinary: Callable[[], Server]) -> bool:
    """Say whether one of three starts is as quick as an ordinary one just before it.

    Neighbours slow some down; the defect stops each.
    """
    for _ in range(3):
        within = AS_QUICK * time_of(ordinary)
        if start().is_up(within):
            return True
    return False


def time_of(start: Callable[[], Server]) -> float:
    """Return the seconds that a start takes; its server is over then."""
    began = time.monotonic()
    server = start()
    assert server.is_up()
    took = time.monotonic() - began
    server.end()
    return took


@pytest.fixture
def serve(database: Path, tmp_path: Path) -> Iterator[Serve]:
    started: list[Server] = []

    def start(
        *arguments: str, cwd: Path = tmp_path, command: Sequence[str] = (), **more: str
    ) -> Server:
        """Start it: from nothing by a command, or else forked off what is loaded."""
        port = free_port()
        words = ["serve", "--port", str(port), *arguments]
        environ = {**outside(), **environment(database), **more}
        process: Program | subprocess.Popen[str]
        if command:
            process = subprocess.Popen(
                [*command, *words],
                env=environ,
                cwd=cwd,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        else:
            process = Program(words, environ, directory=cwd)
        started.append(Server(process, port))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.communicate()
        if isinstance(server.process, Program):
            server.process.close()


def test_it_serves_says_so_once_and_ends_in_order(serve: Serve) -> None:
    server = serve("--json", "--workers", "1", command=COMMAND)
    assert server.is_up()
    paths = ("/readyz", "/.well-known/oauth-authorization-server")
    assert [server.status(path) for path in paths] == [200, 200]
    code, out, _ = server.end(signal.SIGTERM)
    assert code == 0
    url = f"http://127.0.0.1:{server.port}"
    assert json.loads(out) == {"url": url, "issuer": "http://127.0.0.1:8000"}


def _ends_soon(server: Server, number: int, *, group: bool) -> None:
    assert server.is_up()
    code, out, err = server.end(number, group=group, within=SOON)
    assert code == 0
    assert out.count("\n") == 1
    assert "Traceback" not in err


def test_ctrl_c_in_a_terminal_is_a_good_end(serve: Serve) -> None:
    _ends_soon(serve("--workers", "1"), signal.SIGINT, group=True)


def test_a_stop_right_after_the_start_is_a_good_end(serve: Serve) -> None:
    _ends_soon(serve("--workers", "2"), signal.SIGTERM, group=False)


def test_a_port_that_is_taken_is_refused(serve: Serve) -> None:
    first = serve()
    assert first.is_up()
    second = serve("--port", str(first.port))
    code, out, err = second.process.wait(ENDS_WITHIN), *second.process.communicate()
    assert code != 0
    assert out == ""
    assert err.startswith("mandate: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MANDATE_DATABASE_URL", "sqlite:///{}/empty.db", "mandate db upgrade"),
        ("MANDATE_ISSUER", "http://mandate.example", "https"),
    ],
)
def test_an_unsafe_start_is_refused(
    serve: Serve, tmp_path: Path, name: str, value: str, reason: str
) -> None:
    server = serve(**{name: value.format(tmp_path)})
    out, err = server.process.communicate(timeout=ENDS_WITHIN)
    assert server.process.returncode != 0
    assert out == ""
    assert reason in err
    assert err.count("\n") == 1


@ONLY_LINUX
def test_a_worker_that_dies_is_replaced(serve: Serve) -> None:
    server = serve("--workers", "1")
    assert server.is_up()
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    while server.status() is not None:
        time.sleep(0.01)
    assert server.is_up()


@ONLY_LINUX
def test_no_open_database_is_carried_across_the_fork(serve: Serve, database: Path) -> None:
    server = serve()
    assert server.is_up()
    files = Path(f"/proc/{server.process.pid}/fd")
    assert not [link for link in files.iterdir() if str(database) in os.path.realpath(link)]


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_it_starts_however_python_starts_processes(serve: Serve, method: str) -> None:
    # Python 3.14 starts them by "forkserver", macOS by "spawn".
    early = f"import multiprocessing; multiprocessing.set_start_method('{method}')"
    assert serve(command=[*COMMAND[:-1], f"{early}; {COMMAND[-1]}"]).is_up()


def test_it_starts_from_a_directory_that_is_a_package(serve: Serve, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    ordinary = partial(serve, command=COMMAND)
    assert surely_starts(partial(ordinary, cwd=package), ordinary)


def test_a_host_may_be_a_name(serve: Serve) -> None:
    assert serve("--host", "localhost").is_up()


def test_advice_of_the_server_does_not_spoil_stdout(serve: Serve) -> None:
    server = serve("--json", "--workers", "1", "--threads", "64")
    assert server.is_up()
    json.loads(server.end()[1])


def test_a_demo_is_served_with_its_own_settings_only(
    serve: Serve, database: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "demo"
    directory.mkdir()
    (directory / ENVIRON_FILE).write_text(json.dumps(environment(database)))
    assert surely_starts(
        lambda: serve("--data-dir", str(directory), MANDATE_ACCESS_TOKEN_LIFETIME="9999"), serve
    )
