"""Commands in this process, as `app.main` runs them, each on a database of its own."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pytest

from app import cli, create_app
from app.demo.command import demo
from tests.drivers.command_line import Mandate, Ran, environment, outside, ran


def _run(patch: pytest.MonkeyPatch, arguments: tuple[str, ...], stdin: bytes) -> int:
    patch.setattr("sys.argv", ["mandate", *arguments])
    patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
    return cli.run(create_app, demo)


@pytest.fixture(scope="session")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that `mandate db upgrade` made."""
    path = tmp_path_factory.mktemp("cli") / "mandate.db"
    # In a process of its own: only a closed database is all in the one file that tests copy.
    assert ran(["db", "upgrade", "--json"], environment(path)).value["revision"]
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
