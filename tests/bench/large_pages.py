"""How fast the pages are with 1,000 projects and 5,000 MCP servers to choose from.

Run: python -m tests.bench.large_pages [--rounds 40] [--postgresql]

`mandate serve` with one worker on loopback; 50th and 95th percentile in milliseconds, and the size
of the HTML, with nothing and with everything chosen. The aim is a 95th percentile below 300 ms and
less than 100 KB; /healthz stands beside it to show what the machine gives.
"""

from __future__ import annotations

import argparse
import http.client
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import insert, select

from app.extensions import db
from app.models import McpServer, Membership, Project, User
from tests.drivers.clock import Clock
from tests.drivers.deployment import environment, make_app, prepared
from tests.drivers.live_server import free_port, shipped
from tests.drivers.postgres import running_postgres
from tests.drivers.tool import Tool, csrf_of
from tests.drivers.world import World

PROJECTS, SERVERS = 1_000, 5_000
SCOPE = "mcp api flows:edit"
LINK = re.compile(r'href="(/settings/authorizations/aut_\w+)"')


def fill(world: World) -> None:
    """Make ben a member of a thousand projects with five thousand MCP servers."""
    at = world.at
    with world.app.app_context():
        user = db.session.scalar(select(User.id).where(User.username == "ben"))
        projects = [
            {
                "id": f"prj_{n}",
                "slug": f"project-{n:04}",
                "name": f"Project number {n:04}",
                "created_at": at,
            }
            for n in range(PROJECTS)
        ]
        members = [
            {
                "user_id": user,
                "project_id": f"prj_{n}",
                "role": ("viewer", "editor", "admin")[n % 3],
            }
            for n in range(PROJECTS)
        ]
        servers = [
            {
                "id": f"mcp_{n}",
                "identifier": f"mcp-server-{n:04}",
                "project_id": f"prj_{n % PROJECTS}",
                "url": f"https://mcp.example/{n}",
                "url_key": f"https://mcp.example/{n}",
                "name": f"MCP server number {n:04}",
                "created_at": at,
            }
            for n in range(SERVERS)
        ]
        for table, rows in ((Project, projects), (Membership, members), (McpServer, servers)):
            db.session.execute(insert(table), rows)
        db.session.commit()


def everything() -> dict[str, object]:
    """Return the fields of a form with everything chosen."""
    roles = {f"project-project-{n:04}": "viewer" for n in range(PROJECTS)}
    servers = [f"mcp-server-{n:04}" for n in range(SERVERS)]
    return {"capabilities": SCOPE.split(), "mcp_servers": servers, "expires_in": "", **roles}


@contextmanager
def database(*, is_postgresql: bool) -> Iterator[str]:
    """Give the URL of an empty database."""
    with tempfile.TemporaryDirectory() as directory:
        if is_postgresql:
            with running_postgres() as server:
                server.create("bench")
                yield server.url("bench")
        else:
            yield f"sqlite:///{directory}/mandate.db"


def measure(port: int, cookie: str, path: str, rounds: int) -> tuple[float, float, int]:
    """Return the 50th and 95th percentile in milliseconds and the bytes of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    spans, size = [], 0
    for _ in range(rounds + 3):
        started = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        response = connection.getresponse()
        size = len(response.read())
        spans.append((time.perf_counter() - started) * 1_000)
        assert response.status == 200, (path, response.status)
    spans = sorted(spans[3:])  # the first ones compile the templates
    return spans[len(spans) // 2], spans[min(int(len(spans) * 0.95), len(spans) - 1)], size


def pages(world: World) -> tuple[str, dict[str, str], Tool]:
    """Sign ben in, let him approve a little, and return the cookie and the pages to open."""
    tool = Tool(world, world.native)
    tool.tokens(
        {"capabilities": ["api"], "project-payments": "viewer", "expires_in": ""}, scope=SCOPE
    )
    link = LINK.search(tool.browser.get("/settings/authorizations/oauth2").text)
    assert link
    cookie = tool.browser.http.get_cookie("mandate")
    assert cookie
    paths = {
        "/healthz": "/healthz",
        "consent": tool.consent_page(scope=SCOPE)[0],
        "editor": link[1],
        "new key": "/settings/authorizations/api-keys/new",
        "list": "/settings/authorizations/oauth2",
    }
    return f"mandate={cookie.value}", paths, tool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--postgresql", action="store_true")
    chosen = parser.parse_args()
    with database(is_postgresql=chosen.postgresql) as url, tempfile.TemporaryDirectory() as logs:
        clock = Clock()
        clock.at = datetime.now(UTC)
        built = prepared(url)
        port = free_port()
        more = {"MANDATE_ISSUER": f"http://127.0.0.1:{port}"}
        world = replace(built, app=make_app(url, clock, **more), clock=clock)
        fill(world)
        cookie, paths, tool = pages(world)
        log = Path(logs) / "log"
        with shipped(environment(url, **more), port=port, workers=1, log=log):
            for state in ("little chosen", "everything chosen"):
                for name, path in paths.items():
                    middle, high, size = measure(port, cookie, path, chosen.rounds)
                    print(
                        f"{state}: {name:10} p50 {middle:6.1f} ms  p95 {high:6.1f} ms  {size:>9,} bytes"
                    )
                page = tool.browser.get(paths["editor"])
                form = {"csrf_token": csrf_of(page), **everything()}
                saved = tool.browser.http.post(
                    paths["editor"],
                    data=urlencode(form, doseq=True),
                    content_type="application/x-www-form-urlencoded",
                )
                assert saved.status_code == 303, saved.status_code


if __name__ == "__main__":
    main()
