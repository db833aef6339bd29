"""The command line: how it is called, and what a run of it said."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import ENVIRON_FILE
from tests.drivers.programs import Program

COMMAND = [sys.executable, "-c", "from app import main; main()"]
ENDS_WITHIN = 60.0
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


def ran_alone(database_url: str, *arguments: str) -> Ran:
    """Run a command in a process of its own, whose end closes its connections."""
    return ran(arguments, {**environment(Path("unused")), "MANDATE_DATABASE_URL": database_url})


def ran(arguments: Sequence[str], settings: Mapping[str, str]) -> Ran:
    """Run a command in a process of its own, with no settings but these."""
    with Program(arguments, {**outside(), **settings}) as program:
        out, err = program.communicate(ENDS_WITHIN)
        return Ran(program.wait(), out, err)


ADA = ("user", "add", "ada", "--email", "ada@example.org")
PASSWORD = b"a long sentence for ada\n"


def write_demo(directory: Path, database: Path) -> Path:
    directory.mkdir()
    (directory / ENVIRON_FILE).write_text(json.dumps(environment(database)))
    return directory
