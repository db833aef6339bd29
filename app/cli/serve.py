"""`mandate serve`: the production server."""

import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from flask import Flask

from app.cli import workers as server
from app.cli.base import DATA_DIR, JSON, environment
from app.database import schema, transactions
from app.domain.errors import Misconfigured
from app.runtime.clock import now
from app.services.accounts import first_administrator
from app.settings import Settings

NOBODY = "There is no user yet; within 15 minutes, make the first administrator at"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens; `address` is a number, as the server wants it."""

    address: str
    port: int

    @property
    def url(self) -> str:
        """Return the address as a URL."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}"


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; one per core if not given.")
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Requests that one process works on at once.",
)
@DATA_DIR
@JSON
@click.pass_context
def serve(
    context: click.Context,
    *,
    host: str,
    port: int,
    workers: int | None,
    threads: int,
    data_dir: Path | None,
    as_json: bool,
) -> int:
    """Serve until SIGTERM or SIGINT; refuses an unsafe start with a reason."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the server takes it
    environ = environment(data_dir)
    settings = Settings.from_environ(environ)
    create_app: Callable[[Settings], Flask] = context.obj
    link = _require_ready(create_app, settings)
    place = _require_free(host, port)
    where = {"url": place.url, "issuer": settings.issuer}
    text = f"Mandate is at {where['url']} (issuer {where['issuer']})."
    click.echo(json.dumps(where) if as_json else text)
    if link is not None:
        click.echo(f"{NOBODY} {settings.issuer}/set-up/{link}", err=True)  # for a person alone
    server.run(
        create_app,
        environ,
        address=place.address,
        port=place.port,
        workers=workers or max(2, os.cpu_count() or 1),
        slots=threads,
    )
    return 0


def _require_ready(create_app: Callable[[Settings], Flask], settings: Settings) -> str | None:
    """Return the secret of a set-up link when there is no user; raises Misconfigured."""
    with create_app(settings).app_context():
        schema.require_usable()
        link = first_administrator.offer(at=now())
        transactions.disconnect()  # the server's processes must not inherit an open connection
        return link


def _require_free(host: str, port: int) -> Place:
    """Return where to listen; raises Misconfigured when the port is taken (it would be shared)."""
    try:
        family, _, _, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found)
    except OSError as error:
        raise Misconfigured(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    return Place(str(found[0]), port)
