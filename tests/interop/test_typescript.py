"""The official TypeScript SDK's client, versions 1 and 2, and `mcp-remote`, where Node is there."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.drivers.demo_browser import GENEROUS, Browser
from tests.drivers.demo_stage import Stage
from tests.drivers.mcp_sdk import SERVER, Person, published
from tests.drivers.node import HERE, MODULES, Talk, node, talking

pytestmark = pytest.mark.slow


NARROWED = {"capabilities": ["mcp"], "mcp_servers": [], "project-website": "viewer"}
JONAS = {"username": "jonas@kestrel.example", "role": "editor"}


@pytest.fixture
def person(stage: Stage) -> Iterator[Person]:
    made = Person(stage)
    with made.browser:
        yield made


def approved(person: Person, stage: Stage, url: str) -> str:
    """Sign in, approve, and return where the browser is sent."""
    page = person.browser.sign_in(person.browser.get(url), "jonas", stage.password("jonas"))
    person.page = page.text
    return person.browser.answer(page, capabilities=["mcp"])


def walked(talk: Talk, person: Person, stage: Stage, setup: dict[str, Any]) -> dict[str, Any]:
    """Sign in, call, refresh and call, narrow in the settings, be refused; return what the tool has."""
    asked = talk.ask(setup)
    assert "authorize" in asked, asked
    target = approved(person, stage, asked["authorize"])
    found = talk.ask({"query": urlsplit(target).query})
    assert found["before"] == found["after"] == JONAS
    assert found["refreshed"]
    assert found["visits"] == 1
    person.edit(**NARROWED)
    refused = talk.ask({"go": "on"})
    # It refreshes on the 401 and is told that the server is not in the access any more.
    assert "does not reach the resource" in refused["refused"], refused
    return found


@pytest.mark.parametrize("major", [1, 2])
@pytest.mark.parametrize("method", [None, "none", "client_secret_post"])
def test_the_sdk_walks_from_a_url_to_a_refusal_by_registration(
    stage: Stage, person: Person, major: int, method: str | None
) -> None:
    name = "@modelcontextprotocol/" + ("client" if major == 2 else "sdk")
    program = node(name)
    metadata = {"token_endpoint_auth_method": method} if method else {}
    setup = {
        "url": stage.addresses.mcp_server(SERVER),
        "major": major,
        "modules": str(MODULES),
        "metadata": metadata,
    }
    with talking(program, str(HERE / "mcp_client.mjs")) as talk:
        found = walked(talk, person, stage, setup)
    assert found["client"]["client_name"] == f"TypeScript {major}"
    assert ("client_secret" in found["client"]) == (method != "none")


@pytest.mark.parametrize("major", [1, 2])
def test_the_sdk_walks_from_a_url_to_a_refusal_by_a_metadata_document(
    stage: Stage, person: Person, major: int
) -> None:
    name = "@modelcontextprotocol/" + ("client" if major == 2 else "sdk")
    program = node(name)
    with published(stage) as made, talking(program, str(HERE / "mcp_client.mjs")) as talk:
        url = made.url(host="localhost")
        made.handler = document_of(url)
        setup = {
            "url": stage.addresses.mcp_server(SERVER),
            "major": major,
            "modules": str(MODULES),
            "document": url,
        }
        found = walked(talk, person, stage, setup)
        assert found["client"]["client_id"] == url
        assert made.connections == 1


def document_of(url: str) -> Any:
    from tests.drivers.sites import answer, document

    return answer(document(url))


def test_mcp_remote_signs_in_and_calls_a_tool(stage: Stage, person: Person, tmp_path: Path) -> None:
    program = node("mcp-remote", newest=True)
    command = [
        program,
        str(MODULES / "mcp-remote" / "dist" / "proxy.js"),
        stage.addresses.mcp_server(SERVER),
        "--allow-http",
    ]
    with talking(*command, MCP_REMOTE_CONFIG_DIR=str(tmp_path), BROWSER="true") as talk:
        talk.tell(
            rpc(
                1,
                "initialize",
                protocolVersion="2025-06-18",
                capabilities={},
                clientInfo={"name": "x", "version": "1"},
            )
        )
        target = approved(person, stage, address_in(talk))
        with httpx.Client(trust_env=False) as http:
            assert http.get(target).status_code == 200
        assert talk.hear()["result"]["serverInfo"]
        talk.tell({"jsonrpc": "2.0", "method": "notifications/initialized"})
        called = talk.ask(rpc(2, "tools/call", name="whoami", arguments={}))
        assert called["result"]["structuredContent"] == JONAS
        person.edit(**NARROWED)
        talk.tell(rpc(3, "tools/call", name="whoami", arguments={}))
        assert address_in(talk, "does not reach the resource")


def test_mcp_remote_signs_in_by_a_device_code(stage: Stage, person: Person, tmp_path: Path) -> None:
    program = node("mcp-remote", newest=True)
    command = [
        program,
        str(MODULES / "mcp-remote" / "dist" / "proxy.js"),
        stage.addresses.mcp_server(SERVER),
        "--allow-http",
        "--device-code",
    ]
    with talking(*command, MCP_REMOTE_CONFIG_DIR=str(tmp_path), BROWSER="true") as talk:
        talk.tell(
            rpc(
                1,
                "initialize",
                protocolVersion="2025-06-18",
                capabilities={},
                clientInfo={"name": "x", "version": "1"},
            )
        )
        shown = address_in(talk, r"http://\S+/device\S*")
        page = person.browser.get(shown)
        page = person.browser.sign_in(page, "jonas", stage.password("jonas"))
        code = page.text.split('name="user_code" value="')[1].split('"')[0]
        page = person.browser.press(page, "/device", user_code=code)
        done = person.browser.press(
            page, str(page.url), decision="approve", **{**GENEROUS, "capabilities": ["mcp"]}
        )
        assert "Go back to your device" in done.text
        assert talk.hear()["result"]["serverInfo"]
        talk.tell({"jsonrpc": "2.0", "method": "notifications/initialized"})
        called = talk.ask(rpc(2, "tools/call", name="whoami", arguments={}))
        assert called["result"]["structuredContent"] == JONAS


def rpc(number: int, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def address_in(talk: Talk, pattern: str = r"http://\S+/oauth/authorize\?\S+") -> str:
    """Return the address that the program shows; it says much else on stderr."""
    assert talk.process.stderr
    said = []
    watchdog = threading.Timer(30, talk.process.kill)
    watchdog.start()
    try:
        for line in talk.process.stderr:
            said.append(line)
            if found := re.search(pattern, line):
                return found[0]
    finally:
        watchdog.cancel()
    raise AssertionError("".join(said)[-3000:])


def conformance(stage: Stage, tmp_path: Path, *more: str) -> list[dict[str, Any]]:
    """Run the official suite's authorization mode, with a person who approves; return its checks."""
    program = node("@modelcontextprotocol/conformance", newest=True)
    script = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    command = [
        program,
        str(script),
        "authorization",
        "--url",
        stage.demo["issuer"],
        "-o",
        str(tmp_path),
        *more,
    ]
    with talking(*command) as talk, Browser() as browser:
        assert talk.process.stdout
        said = []
        for line in talk.process.stdout:
            said.append(line)
            found = re.search(r"http://\S+/oauth/authorize\?\S+", line)
            if found:
                page = browser.sign_in(browser.get(found[0]), "jonas", stage.password("jonas"))
                with httpx.Client(trust_env=False) as http:
                    http.get(browser.answer(page, capabilities=["mcp"]))
        assert talk.process.wait(30) == 0, "".join(said)[-4000:]
    return [
        check for path in tmp_path.rglob("checks.json") for check in json.loads(path.read_text())
    ]


def test_the_official_conformance_suite_finds_nothing(stage: Stage, tmp_path: Path) -> None:
    """With a public client: the suite sends no secret to a server that knows public clients."""
    body = {
        "client_name": "Conformance",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
    }
    with httpx.Client(trust_env=False) as http:
        client = http.post(f"{stage.demo['issuer']}/oauth/register", json=body).json()
    more = [
        "--client-id",
        client["client_id"],
        "--resource",
        stage.addresses.mcp_server(SERVER),
        "--port",
        str(stage.addresses.port + 7),
    ]
    checks = conformance(stage, tmp_path, *more)
    expected = {
        "authorization-server-metadata",
        "authorization-server-metadata-cimd",
        "authorization-code-grant",
    }
    assert {check["id"] for check in checks} >= expected
    assert {check["status"] for check in checks} == {"SUCCESS"}, checks
