"""Commands in this process, as `app.main` runs them, each on a database of its own."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app import cli, create_app
from app.demo.command import demo

COMMAND = [sys.executable, "-c", "from app import main; main()"]
SECRET_KEY = "only-for-tests-0123456789abcdefghijklmnop"


def environment(path: Path) -> dict[str, str]:
    """Return a good MANDATE_* environment for an SQLite file."""
    return {
        "MANDATE_ISSUER": "http://127.0.0.1:8000",
        "MANDATE_DATABASE_URL": f"sqlite:///{path}",
        "MANDATE_SECRET_KEY": SECRET_KEY,
    }


def outside() -> dict[str, str]:
    """Return this process's environment without what would reach Mandate."""
    return {name: v for name, v in os.environ.items() if not name.startswith("MANDATE_")}


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The one JSON value of a command that went well."""
        assert self.code == 0, self
        assert self.err == ""
        return json.loads(self.out)

    @property
    def reason(self) -> str:
        """The one line on stderr of a command that did not go well."""
        assert self.code != 0, self
        assert self.err.startswith("mandate: "), self
        assert self.err.count("\n") == 1, self
        assert self.err.endswith("\n")
        return self.err.removeprefix("mandate: ").rstrip()


Mandate = Callable[..., Ran]


def _run(patch: pytest.MonkeyPatch, arguments: tuple[str, ...], stdin: bytes) -> int:
    patch.setattr("sys.argv", ["mandate", *arguments])
    patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
    return cli.run(create_app, demo)


@pytest.fixture(scope="session")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that `mandate db upgrade` made."""
    path = tmp_path_factory.mktemp("cli") / "mandate.db"
    # In a process of its own: only a closed database is all in the one file that tests copy.
    command = [*COMMAND, "db", "upgrade", "--json"]
    ran = subprocess.run(
        command, env={**outside(), **environment(path)}, capture_output=True, check=True
    )
    assert json.loads(ran.stdout)["revision"]
    assert ran.stderr == b""
    return path


@pytest.fixture
def database(upgraded: Path, tmp_path: Path) -> Path:
    """A database with the current schema and nothing in it."""
    return Path(shutil.copy(upgraded, tmp_path / "cli.db"))


@pytest.fixture
def settings(database: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of the commands."""
    for name in set(os.environ) - set(outside()):
        monkeypatch.delenv(name)
    good = environment(database)
    for name, value in good.items():
        monkeypatch.setenv(name, value)
    return good


@pytest.fixture
def mandate(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Mandate:
    """Run `mandate` with arguments, in this process."""

    def run(*arguments: str, stdin: bytes = b"") -> Ran:
        capfd.readouterr()
        code = _run(monkeypatch, arguments, stdin)
        return Ran(code, *capfd.readouterr())

    return run
