"""A demo from start to end: directory, database, organisation, programs."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import flask_migrate
import httpx
from flask import Flask

from app import create_app
from app.demo import data_dir as directory
from app.demo.addresses import Addresses
from app.demo.api.app import ApiBacking, create_resource_server
from app.demo.api.introspection import Introspector
from app.demo.demo_json import Demo, credentials_of, moved, tool_of
from app.demo.organisation.company import company
from app.demo.organisation.seed import Filling, fill, repoint
from app.demo.processes import (
    AuthorizationServer,
    check_ports,
    serving,
    wait_until_ready,
)
from app.demo.tool.app import create_tool
from app.demo.tool.calls import Caller
from app.demo.tool.oauth_client import OAuthClient, Registration
from app.demo.tool.page import SERVER_TITLE, ToolSettings
from app.domain.catalog import Catalog
from app.domain.errors import Misconfigured
from app.extensions import db
from app.services.clients.json_fetch import Fetcher
from app.services.directory import users
from app.settings import Settings, resource_dir
from app.settings.client_documents import DOCUMENTS_NAME, client_documents_of

ASKS = ("api", "apps:view", "flows:edit", "mcp")
LOOK_EVERY = 0.5
TIMEOUT = 10.0
LOOKED_FOR = "https://claude.ai/oauth/claude-code-client-metadata"
LOOKS_FOR = 2.0


@dataclass(frozen=True, slots=True)
class Running:
    """A demo that is ready."""

    demo: Demo
    data_dir: Path
    server: AuthorizationServer
    is_offline: bool

    def watch(self) -> None:
        """Stay until the authorization server ends, which raises Unavailable."""
        while True:
            self.server.check()
            time.sleep(LOOK_EVERY)


@contextmanager
def running(path: Path, *, port: int, fresh: bool) -> Iterator[Running]:
    """Give a demo that is ready, with its `demo.json` written; ends all of it afterwards.

    Raises Misconfigured or Conflict before anything is started, Unavailable when a program fails.
    """
    addresses = Addresses(port)
    check_ports(addresses)
    with ExitStack() as stack:
        data_dir = stack.enter_context(directory.held(path, fresh=fresh))
        environ = directory.write_environ(data_dir, addresses, is_offline)
        settings = Settings.from_environ(environ)
        app = create_app(settings)
        with app.app_context():
            flask_migrate.upgrade(directory=str(resource_dir("migrations")))
        # From here on the server boots while the organisation is made.
        server = AuthorizationServer(addresses, data_dir)
        stack.callback(server.stop)
        demo = _organisation(app, data_dir, Filling(addresses, settings.catalog, datetime.now(UTC)))
        start_examples(stack, demo, addresses, settings.catalog)
        wait_until_ready(addresses, server)
        directory.write_demo(data_dir, demo)
        is_alone = environ.get(DOCUMENTS_NAME) == directory.OFFLINE
        yield Running(demo, data_dir, server, is_offline=is_alone)


def is_offline(environ: Mapping[str, str]) -> bool:
    """Say whether no metadata document can be fetched: one connection to a host that publishes one."""
    proxy = client_documents_of(environ).proxy
    return not Fetcher(loopback=False, seconds=LOOKS_FOR, proxy=proxy).reaches(LOOKED_FOR)


def _organisation(app: Flask, data_dir: Path, filling: Filling) -> Demo:
    before = directory.read_demo(data_dir)
    with app.app_context():
        try:
            if (before is None) == users.exist():
                raise Misconfigured(
                    f"The database and {directory.DEMO_FILE} in {data_dir} do not belong together: "
                    "start again with --fresh."
                )
            if before is None:
                return fill(company(), filling, pid=os.getpid())
            after: Demo = {**moved(before, filling.addresses), "pid": os.getpid()}
            repoint(before, after)
            return after
        finally:
            db.engine.dispose()


def start_examples(stack: ExitStack, demo: Demo, addresses: Addresses, catalog: Catalog) -> None:
    """Serve the example resource server and the example tool until the stack is closed."""
    # Imported while the authorization server boots: the MCP SDK takes its time.
    from app.demo.api.mcp_servers import create_mcp_servers
    from app.demo.api.site import create_site, serving_site

    mandate = Introspector(demo["issuer"], credentials_of(demo, "api"))
    caller, oauth = Caller(addresses.api, demo["issuer"]), OAuthClient(registration(demo))
    for program in (mandate, caller, oauth):
        stack.callback(program.close)
    # Proxies of the environment are not for 127.0.0.1.
    http = httpx.AsyncClient(auth=credentials_of(demo, "mcp"), timeout=TIMEOUT, trust_env=False)
    api = create_resource_server(ApiBacking(company(), addresses, mandate))
    site = create_site(api, create_mcp_servers(company(), addresses, http), http)
    tool = create_tool(_settings(demo, addresses, catalog), oauth, caller)
    _, resource_server_port, tool_port = addresses.ports
    stack.enter_context(serving_site(site, resource_server_port))
    stack.enter_context(serving(tool, tool_port))


def registration(demo: Demo) -> Registration:
    """Return what the example tool knows itself by."""
    own = tool_of(demo)
    return Registration(
        issuer=demo["issuer"],
        client_id=own["client_id"],
        client_secret=own["client_secret"],
        redirect_uri=own["redirect_uris"][0],
        scope=" ".join(ASKS),
    )


def _settings(demo: Demo, addresses: Addresses, catalog: Catalog) -> ToolSettings:
    servers = {s["url"]: f"{SERVER_TITLE}{s['name']}" for s in demo["mcp_servers"]}
    return ToolSettings(
        url=addresses.tool,
        issuer=demo["issuer"],
        resources={addresses.api: "The API: projects and their flows", **servers},
        titles={name: entry.title for name, entry in catalog.capabilities.items()},
        asks=ASKS,
    )
