"""A worker whose parent was killed ends, also when it does not end in order."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

# A worker that is deaf to SIGTERM stands for one whose end in order does not come.
PROGRAM = """
import os, signal, sys, time
from app.cli import workers
workers.KILL_AFTER = 1
workers.LOOK_EVERY = 0.1
parent = os.getpid()
if os.fork():
    time.sleep(60)
signal.signal(signal.SIGTERM, {how})
workers._end_with(parent)
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", ["signal.SIG_DFL", "signal.SIG_IGN"])
def test_an_orphan_ends_whatever_holds_it_up(how: str) -> None:
    command = [sys.executable, "-c", PROGRAM.format(how=how)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline()) != parent.pid
        parent.send_signal(signal.SIGKILL)
        # The pipe ends when nobody holds it: the orphan is the last one.
        began = time.monotonic()
        assert "server.orphaned" in parent.stdout.read()
        assert time.monotonic() - began < 15
