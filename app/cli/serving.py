"""`mandate serve`: the production server."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask

from app.cli.frame import DATA_DIR, JSON, environment
from app.domain.errors import Misconfigured
from app.services import schema
from app.settings import Settings

TARGET = "app:from_environment"
KILL_AFTER = 10


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; one per core if not given.")
@click.option(
    "--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="Per process."
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
    environ = environment(data_dir)
    settings = Settings.from_environ(environ)
    _require_ready(context.obj, settings)
    _require_free(host, port)
    os.environ.update(environ)
    where = {"url": f"http://{host}:{port}", "issuer": settings.issuer}
    text = f"Mandate is at {where['url']} (issuer {where['issuer']})."
    click.echo(json.dumps(where) if as_json else text)
    _run(host, port, workers or max(2, os.cpu_count() or 1), threads)
    return 0


def _require_ready(create_app: Callable[[Settings], Flask], settings: Settings) -> None:
    with create_app(settings).app_context():
        schema.require_current()


def _require_free(host: str, port: int) -> None:
    """Raise Misconfigured when somebody listens there; the server itself would share the port."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise Misconfigured(f"Cannot listen on {host}:{port}: {error.strerror}.") from None


def _run(host: str, port: int, workers: int, threads: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        TARGET,
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=workers,
        blocking_threads=threads,
        websockets=False,
        log_level=LogLevels.warning,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER,
    ).serve()


COMMANDS = (serve,)
