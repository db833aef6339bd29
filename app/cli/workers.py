"""The processes of `mandate serve`: how they are made, begin anew and end."""

import gc
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from flask import Flask

from app.domain.errors import Misconfigured
from app.http.gate import ARRIVALS, THREADS, Gate
from app.settings import Settings

log = structlog.get_logger("mandate.server")

KILL_AFTER = 10  # seconds
OVERLAP = 1.5  # seconds that an old process goes on after its successor began
HEADERS_WITHIN = 10_000  # milliseconds
LOOK_EVERY = 1.0  # seconds
COLLECT_AFTER = (20_000, 20, 20)
STDERR = {
    "formatter": "generic",
    "class": "logging.StreamHandler",
    "stream": "ext://sys.stderr",
    "filters": ["known"],
}


class Known(logging.Filter):
    """Leaves out the server's warning about many threads: all but a few of them only wait."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is for the operator."""
        return "Python threads" not in record.getMessage()


LOGS = {
    "filters": {"known": {"()": Known}},
    "handlers": {"console": STDERR, "access": STDERR},
}


def run(
    create_app: Callable[[Settings], Flask],
    environ: Mapping[str, str],
    *,
    address: str,
    port: int,
    workers: int,
    slots: int,
) -> None:
    """Serve until SIGTERM or SIGINT with so many processes, in each of which `slots` requests work."""
    parent = os.getpid()

    def build() -> Callable[..., Any]:
        _end_with(parent)
        gate = Gate(create_app(Settings.from_environ(environ)), slot_count=slots, port=port)
        _freeze_gc()
        return gate

    # Python 3.14 and macOS would start each worker anew, and `build` cannot be sent to such a process.
    multiprocessing.set_start_method("fork", force=True)
    os.register_at_fork(after_in_child=_forget_handlers)
    server = _server(address, port, workers)
    server.signal_handler_reload = _checked(server.signal_handler_reload, environ)
    server.serve(target_loader=build, wrap_loader=False)


def _server(address: str, port: int, workers: int) -> Any:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    return Granian(
        "mandate",
        interface=Interfaces.WSGI,
        address=address,
        port=port,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=ARRIVALS,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN),
        log_level=LogLevels.warning,
        log_dictconfig=LOGS,
        log_access=False,
        respawn_failed_workers=True,
        respawn_interval=OVERLAP,
        workers_kill_timeout=KILL_AFTER,
    )


def _checked(reload: Callable[..., None], environ: Mapping[str, str]) -> Callable[..., None]:
    """Return what SIGHUP does: read the files that settings name anew, if they can be used."""

    def checked(*arguments: Any) -> None:
        try:
            Settings.from_environ(environ)
        except Misconfigured as error:
            log.warning("reload.refused", reason=error.public)
            return
        log.info("reload")
        reload(*arguments)

    return checked


def _end_with(parent: int) -> None:
    """End this process when its parent was killed: nobody would end it any more.

    It ends in order; what takes longer than `KILL_AFTER` is ended by the kernel, as the parent would.
    """

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
        log.error("server.orphaned")
        signal.alarm(KILL_AFTER)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="parent", daemon=True).start()


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
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
