"""A process that has loaded `mandate` and forks off the programs of `tests.drivers.programs`.

Each program has a watcher: it forks the program, waits for it and tells how it ended.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
from contextlib import suppress
from typing import Any, NoReturn

DESCRIPTORS = 4  # where the watcher speaks, and what the program reads, says and complains to


def main() -> None:
    """Fork off what is asked for; returns in each program, which is to be run then.

    The arguments are the descriptor of the socket that asks, and the modules to load before.
    """
    number, *modules = sys.argv[1:]
    for name in modules:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what was loaded stays shared: a program's last collection would copy all of it
    asked = socket.socket(fileno=int(number))
    while True:
        sign, descriptors, _, _ = socket.recv_fds(asked, 1, DESCRIPTORS)
        if not sign:
            os._exit(0)  # whoever asked is gone
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:  # watchers that have ended
                pass
        if os.fork() == 0:
            asked.close()
            _watch(*descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _watch(speaker: int, *standard: int) -> None:
    """Fork a program and tell its number and its end; returns in the program alone."""
    with socket.socket(fileno=speaker) as heard:
        with heard.makefile("rb") as words:
            asked = json.load(words)
        program = os.fork()
        if program:
            for descriptor in standard:
                os.close(descriptor)
            _tell(heard, program)
    _become(asked, standard)


def _tell(heard: socket.socket, program: int) -> NoReturn:
    heard.sendall(f"{program}\n".encode())
    _, status = os.waitpid(program, 0)
    heard.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(asked: dict[str, Any], standard: tuple[int, ...]) -> None:
    """Take on all that a process gets from whoever starts it."""
    os.setsid()
    for number, descriptor in enumerate(standard):
        os.dup2(descriptor, number)
        os.close(descriptor)
    # What Python makes of them when it begins; they live as long as the process.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    os.environ.clear()
    os.environ.update(asked["environ"])
    os.chdir(asked["directory"])
    sys.argv = ["mandate", *asked["arguments"]]
