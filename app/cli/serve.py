"""`mandate serve`: the production server."""

import gc
import json
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask import Flask

from app.cli.base import DATA_DIR, JSON, environment
from app.database import schema, transactions
from app.domain.errors import Misconfigured
from app.settings import Settings

KILL_AFTER = 10
COLLECT_AFTER = (20_000, 20, 20)
STDERR = {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}


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
    create_app: Callable[[Settings], Flask] = context.obj
    _require_ready(create_app, settings)
    place = _require_free(host, port)
    where = {"url": place.url, "issuer": settings.issuer}
    text = f"Mandate is at {where['url']} (issuer {where['issuer']})."
    click.echo(json.dumps(where) if as_json else text)
    _run(create_app, environ, place, workers or max(2, os.cpu_count() or 1), threads)
    return 0


def _require_ready(create_app: Callable[[Settings], Flask], settings: Settings) -> None:
    with create_app(settings).app_context():
        schema.require_current()
        transactions.disconnect()  # the server's processes must not inherit an open connection


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


def _run(
    create_app: Callable[[Settings], Flask],
    environ: Mapping[str, str],
    place: Place,
    workers: int,
    threads: int,
) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    def build() -> Callable[..., Any]:
        app = create_app(Settings.from_environ(environ))
        _freeze_gc()
        return app

    # Python 3.14 and macOS would start each worker anew, and `build` cannot be sent to such a process.
    multiprocessing.set_start_method("fork", force=True)
    os.register_at_fork(after_in_child=_forget_handlers)
    Granian(
        "mandate",
        interface=Interfaces.WSGI,
        address=place.address,
        port=place.port,
        workers=workers,
        blocking_threads=threads,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig={"handlers": {"console": STDERR, "access": STDERR}},
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER,
    ).serve(target_loader=build, wrap_loader=False)


def _freeze_gc() -> None:
    """Freeze the objects that live as long as the process, for the garbage collector.

    A page with thousands of rows makes many short-lived objects, and each full collection would walk
    through every module and class: it doubled the time of such a page.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _forget_handlers() -> None:
    """Undo the parent's signal handling in a new process, at once.

    Its handlers would lose a signal that comes while the process starts, and stopping would wait for
    the kill. Ctrl-C is the parent's: it ends its workers in order.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
