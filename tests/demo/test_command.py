"""`mandate demo` as people run it: a process of its own, ended by signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.demo.addresses import Addresses
from app.demo.processes import check_ports
from app.domain.errors import Conflict
from tests.drivers.command_line import COMMAND
from tests.drivers.demo_browser import Browser
from tests.drivers.demo_process import READY_WITHIN, Start
from tests.drivers.demo_stage import free_addresses

pytestmark = pytest.mark.slow


def wait_for_free_ports(addresses: Addresses) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            check_ports(addresses)
        except Conflict:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"something still listens on {addresses.ports}")


def signs_in(demo: dict[str, Any], user: dict[str, Any]) -> bool:
    with Browser() as browser:
        page = browser.get(f"{demo['issuer']}/login")
        page = browser.sign_in(page, user["username"], user["password"])
        return page.url.path.startswith("/settings/")


def test_it_runs_until_it_is_told_to_stop_and_keeps_what_it_made(start: Start) -> None:
    process = start()
    demo = process.ready()
    assert (process.data_dir / "demo.json").stat().st_mode & 0o777 == 0o600
    assert demo["pid"] == process.program.pid
    assert demo["issuer"] == process.addresses.issuer
    for port in process.addresses.ports:
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert all(signs_in(demo, user) for user in demo["users"])
    files = list(process.data_dir.glob("mandate.db*"))
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert process.end() == (0, "")
    wait_for_free_ports(process.addresses)

    again = start()
    moved = again.ready()
    for name in ("users", "projects"):
        assert moved[name] == demo[name]
    kept = ("client_id", "client_secret", "name")
    for name in ("clients", "resource_servers"):
        pairs = zip(moved[name], demo[name], strict=True)
        assert all(new.get(k) == old.get(k) for new, old in pairs for k in kept)
    assert moved["issuer"] == again.addresses.issuer
    assert signs_in(moved, moved["users"][1])
    assert again.end(signal.SIGINT) == (0, "")


def test_the_whole_loop_works_against_the_production_server(start: Start) -> None:
    process = start()
    demo = process.ready()
    user = demo["users"][1]
    with Browser() as browser:
        page = browser.get(demo["tool"])
        page = browser.press(page, "/connect", resource=demo["mcp_servers"][4]["url"])
        page = browser.sign_in(page, user["username"], user["password"])
        page = browser.get(browser.answer(page, mcp_servers=[demo["mcp_servers"][4]["identifier"]]))
        assert page.text.count("200 OK") == 3
        assert user["email"] in page.text
    with httpx.Client(trust_env=False) as still_connected:
        assert still_connected.post(demo["mcp_servers"][0]["url"]).status_code == 401
        began = time.monotonic()
        _, said = process.end()
        assert time.monotonic() - began < 6
    log = (process.data_dir / "server.log").read_text()
    assert "/oauth/authorize" in log
    assert not re.search("code=|state=|mdt[a-z]_", log + said)


def test_with_json_it_prints_what_it_wrote(tmp_path: Path) -> None:
    """Started from nothing, as people do; the other tests fork it off what is loaded."""
    place = ["--port", str(free_addresses().port), "--data-dir", str(tmp_path / "demo")]
    command = [*COMMAND, "demo", "--no-browser", "--json", *place]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        printed = json.loads(process.stdout.readline())
        process.terminate()
    assert process.returncode == 0
    assert printed == json.loads((tmp_path / "demo" / "demo.json").read_text())


def test_fresh_begins_again(start: Start) -> None:
    process = start()
    before = process.ready()
    process.end()
    process = start("--fresh")
    after = process.ready()
    assert [u["password"] for u in after["users"]] != [u["password"] for u in before["users"]]
    assert process.end()[0] == 0


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_port_in_use_is_told_in_a_line_before_anything_is_made(
    start: Start, tmp_path: Path, offset: int
) -> None:
    addresses = free_addresses()
    with socket.create_server(("127.0.0.1", addresses.ports[offset])):
        code, said = start(addresses=addresses).ended()
    assert code != 0
    assert f"Port {addresses.ports[offset]}" in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "demo").exists()


def test_a_directory_of_somebody_else_is_refused_in_a_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("precious")
    code, said = start("--fresh").ended()
    assert code != 0
    assert "holds no demo" in said
    assert len(said.splitlines()) == 1
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "precious"


@pytest.mark.parametrize("name", ["mcp", "uvicorn", "a2wsgi"])
def test_without_its_packages_it_says_in_a_line_what_to_install(tmp_path: Path, name: str) -> None:
    code = f"import sys; sys.modules[{name!r}] = None; from app import main; main()"
    place = ["--data-dir", str(tmp_path / "demo")]
    found = subprocess.run(
        [sys.executable, "-c", code, "demo", "--no-browser", *place],
        capture_output=True,
        text=True,
        timeout=READY_WITHIN,
        check=False,
    )
    assert found.returncode != 0
    assert found.stdout == ""
    assert "pip install -e '.[demo]'" in found.stderr
    assert len(found.stderr.splitlines()) == 1
    assert not (tmp_path / "demo").exists()


def test_when_the_server_dies_the_demo_ends_with_a_sentence(start: Start) -> None:
    process = start()
    process.ready()
    (server,) = process.children()
    os.kill(server, signal.SIGTERM)
    code, said = process.ended()
    assert code != 0
    assert "The authorization server ended" in said
    assert len(said.splitlines()) == 1
    wait_for_free_ports(process.addresses)


def test_a_demo_that_is_killed_leaves_no_server_behind(start: Start) -> None:
    process = start()
    process.ready()
    assert process.end(signal.SIGKILL)[0] == -signal.SIGKILL
    wait_for_free_ports(process.addresses)
