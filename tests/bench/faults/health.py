"""`/healthz` and `/readyz` asked every tenth of a second, by a process that nothing else keeps busy.

`python -m tests.bench.faults.health PORT FILE` writes a line of JSON for each answer until it is ended.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.1  # seconds
PATHS = ("/healthz", "/readyz")


@dataclass(frozen=True)
class Beat:
    """One answer; a status of 0 means that there was none."""

    at: float
    seconds: float
    status: int
    path: str
    says: str


@contextmanager
def watched(port: int, file: Path) -> Iterator[None]:
    """Watch a server until the block ends; the beats go to a file."""
    command = [sys.executable, "-m", "tests.bench.faults.health", str(port), str(file)]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def beats(file: Path) -> list[Beat]:
    """Return what was seen; a line that was being written when the watch ended is left out."""
    found = []
    for line in file.read_text().splitlines() if file.exists() else ():
        with suppress(ValueError):
            found.append(Beat(**json.loads(line)))
    return sorted(found, key=lambda beat: beat.at)


def p99(seconds: list[float]) -> float:
    """Return the time in milliseconds that one of a hundred exceeds."""
    return sorted(seconds)[int(len(seconds) * 0.99)] * 1e3 if seconds else 0.0


def _watch(port: int, path: str, file: Path, mutex: threading.Lock) -> None:
    while True:
        began, status, says = time.monotonic(), 0, ""
        with suppress(OSError, http.client.HTTPException, ValueError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            answer = connection.getresponse()
            says, status = json.loads(answer.read())["status"], answer.status
            connection.close()
        taken = time.monotonic() - began
        beat = {"at": began, "seconds": taken, "status": status, "path": path, "says": says}
        with mutex, file.open("a") as sink:
            sink.write(json.dumps(beat) + "\n")
        time.sleep(max(EVERY - taken, 0))


def main() -> None:
    port, file, mutex = int(sys.argv[1]), Path(sys.argv[2]), threading.Lock()
    threads = [threading.Thread(target=_watch, args=(port, path, file, mutex)) for path in PATHS]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main()
