"""The one command for contributors: `python -m tests.check fast|full|fix|static`.

It runs the tools beside the Python that runs it, makes no environment and removes none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
INSTALL = "pip install -c constraints.txt -e '.[check]'"
WARNING = 250  # lines; the wall of 300 is a test
BESIDE_PYTHON = Path(sys.executable).parent
SCRIPTS = ("app/static", "tests/interop", ".ci/eslint.config.mjs")
ESLINT = (".ci/node/node_modules/.bin/eslint", "--config", ".ci/eslint.config.mjs", *SCRIPTS)


@dataclass(frozen=True, slots=True)
class Step:
    """A tool with its arguments; an optional one is left out where it is not installed.

    A tool with a slash is a path below the repository, any other lies beside Python.
    """

    name: str
    command: tuple[str, ...]
    optional: bool = False
    live: bool = False  # its output is shown while it runs, not only when it fails
    variables: tuple[tuple[str, str], ...] = ()

    def tool(self) -> str | None:
        """Return the tool's path, or None where it is not installed."""
        name = self.command[0]
        return shutil.which(str(ROOT / name) if "/" in name else name, path=BESIDE_PYTHON)


STATIC = (
    Step("format", ("ruff", "format", "--check", "--quiet", ".")),
    Step("lint", ("ruff", "check", "--quiet", ".")),
    Step("types", ("mypy", "--no-error-summary")),
    Step("imports", ("lint-imports", "--no-cache")),
    Step("containers", ("hadolint", "app/deploy/Containerfile")),
    Step("yaml", ("yamllint", "--strict", "--config-file", ".ci/yamllint.yaml", "app/deploy")),
    Step("scripts", ESLINT, optional=True),  # .ci/run installs it where npm is there
)
STEPS = {
    "fix": (
        Step("format", ("ruff", "format", "."), live=True),
        Step("lint", ("ruff", "check", "--fix", "."), live=True),
    ),
    "static": STATIC,
    "fast": (*STATIC, Step("tests", ("pytest", "-q", "-m", "not slow"), live=True)),
    "full": (
        *STATIC,
        Step("tests", ("pytest", "-q"), live=True, variables=(("NOTHING_SKIPS", "1"),)),
    ),
}


def run(steps: Sequence[Step]) -> int:
    """Run steps up to the first that fails; return its exit code."""
    for step in steps:
        tool = step.tool()
        if tool is None:
            if step.optional:
                say(f"{step.name}: left out, {step.command[0]} is not installed")
                continue
            say(f"{step.name}: {step.command[0]} is missing; install it with: {INSTALL}")
            return 1
        if step.live:
            say(f"{step.name}: {' '.join(step.command)}")
        began = time.monotonic()
        done = subprocess.run(
            [tool, *step.command[1:]],
            cwd=ROOT,
            env={**os.environ, **dict(step.variables)},
            stdout=None if step.live else subprocess.PIPE,
            stderr=None if step.live else subprocess.STDOUT,
            text=True,
            check=False,
        )
        took = time.monotonic() - began
        if done.returncode != 0:
            say(f"{done.stdout or ''}{step.name}: failed after {took:.1f} s")
            return done.returncode
        say(f"{step.name}: good after {took:.1f} s")
    return 0


def warn() -> None:
    """Name the files of app/ that are long: not wrong yet, but worth a look for a second job."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > WARNING:
            say(f"warning: {path.relative_to(ROOT)} has {lines} lines, more than {WARNING}")


def say(text: str) -> None:
    """Print at once, so that a tool's own output comes after it."""
    print(text, flush=True)


def main(words: Sequence[str]) -> int:
    """Run what one word names."""
    if len(words) != 1 or words[0] not in STEPS:
        print(f"Say what to run: python -m tests.check {'|'.join(STEPS)}.", file=sys.stderr)
        return 2
    warn()
    return run(STEPS[words[0]])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
