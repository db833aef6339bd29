"""The shipped container file: its instructions, and its steps done in directories of a test."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app import deploy
from tests.drivers.repository import ROOT

ENVIRONMENT, WHEELS = "/opt/mandate", "/wheels"


@dataclass(frozen=True)
class Instruction:
    """One instruction with its text."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Return the words of the exec form; the shell form is an error."""
        found: list[str] = json.loads(self.text)
        return found


def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage, the first one without what stands before it."""
    text = deploy.text("Containerfile")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", "", lines).splitlines()
    split = [line.split(" ", 1) for line in joined if line]
    found: list[list[Instruction]] = []
    for name, rest in split:
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append(Instruction(name, rest))
    return found


def of(stage: list[Instruction], name: str) -> list[str]:
    """Return the texts of the instructions with a name."""
    return [instruction.text for instruction in stage if instruction.name == name]


def one(stage: list[Instruction], name: str) -> Instruction:
    [found] = [instruction for instruction in stage if instruction.name == name]
    return found


def healthcheck(stage: list[Instruction], port: int) -> list[str]:
    """Return the words of the command that asks whether the server at a port is well."""
    words = Instruction("CMD", one(stage, "HEALTHCHECK").text.split(" CMD ")[1]).words
    return [word.replace("8000", str(port)) for word in words]


def python() -> str:
    """Return the version of Python that both stages have: that of one release of Debian."""
    bases = [of(stage, "FROM")[0].split()[0] for stage in stages()]
    assert bases == ["debian:bookworm-slim", "gcr.io/distroless/python3-debian12:nonroot"]
    return "3.11"


def copied(stage: list[Instruction]) -> list[str]:
    """Return what a stage copies from the checkout."""
    return [
        word
        for text in of(stage, "COPY")
        if not text.startswith("--")
        for word in text.split()[:-1]
    ]


def tracked(name: str) -> list[str]:
    """Return the files of git at or below a path: what a fresh checkout has there."""
    command = ["git", "ls-files", "--", name]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def build(directory: Path) -> Path:
    """Do the steps of the first stage below a directory; returns the environment that they make."""
    stage = stages()[0]
    source, environment = directory / "source", directory / "environment"
    for path in (path for name in copied(stage) for path in tracked(name)):
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, source / path)
    for script in of(stage, "RUN"):
        if script.startswith("apt-get "):
            continue  # who runs this has a Python
        places = script.replace(ENVIRONMENT, str(environment))
        done = subprocess.run(
            ["sh", "-euc", places.replace(WHEELS, str(directory / "wheels"))],
            cwd=source,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return environment
