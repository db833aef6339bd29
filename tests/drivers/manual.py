"""A reader of the manual: copies its blocks of code from the page and runs them in a shell."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

BLOCK = re.compile(r'<pre[^>]* data-block="([^"]*)"><code>(.*?)</code></pre>', re.DOTALL)
ANYTHING = "…"


@dataclass(frozen=True)
class Block:
    """A block of code of a page; `info` is its language, and `norun` for what is an example only."""

    info: str
    code: str


def blocks(page: str) -> list[Block]:
    """Return the blocks of code of a page as a reader copies them."""
    return [Block(info, unescape(code)) for info, code in BLOCK.findall(page)]


def steps(page: str) -> list[tuple[str, Block | None]]:
    """Return the shell commands that run, each with the block that shows its output, if any."""
    found = blocks(page)
    return [
        (block.code, after if after and after.info in ("json", "text") else None)
        for block, after in zip(found, [*found[1:], None], strict=True)
        if block.info == "sh"
    ]


class Shell:
    """One shell session: what a command sets stands for the next one."""

    def __init__(self, directory: Path, **variables: str) -> None:
        self._state = directory / "state.sh"
        self._state.touch()
        places = (str(directory), str(Path(sys.executable).parent), os.environ["PATH"])
        self._environment = {"PATH": os.pathsep.join(places), "HOME": str(directory), **variables}

    def set(self, **variables: str) -> None:
        """Set variables as a reader does who copies a value out of an answer."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
        with self._state.open("a", encoding="utf-8") as state:
            state.writelines(lines)

    def run(self, code: str) -> str:
        """Run commands and return what they print; the first one that fails is an error."""
        script = f"set -eu; . {self._state}; set -a\n{code}\nexport -p > {self._state}\n"
        ran = subprocess.run(
            ["sh", "-c", script], env=self._environment, capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr) == (0, ""), (code, ran)
        return ran.stdout

    def remember(self, answer: Any) -> None:
        """Set a variable for each text in a JSON answer: CLIENT_ID is its `client_id`."""
        if isinstance(answer, dict):
            texts = {name: value for name, value in answer.items() if isinstance(value, str)}
            self.set(**{name.upper(): value for name, value in texts.items()})


def check(shown: Block, printed: str) -> Any:
    """Compare what a command printed with what the manual shows; returns the JSON, if it is some."""
    if shown.info == "text":
        assert resembles(shown.code.strip(), printed.strip()), (shown.code, printed)
        return None
    answer = json.loads(printed)
    assert resembles(json.loads(shown.code), answer), (shown.code, answer)
    return answer


def resembles(sample: Any, actual: Any) -> bool:
    """Say whether an answer is as a sample shows it: `…` stands for anything, a number for a number."""
    if isinstance(sample, dict) and isinstance(actual, dict):
        named = {name: value for name, value in sample.items() if name != ANYTHING}
        whole = ANYTHING in sample or named.keys() == actual.keys()
        return whole and all(n in actual and resembles(v, actual[n]) for n, v in named.items())
    if isinstance(sample, list) and isinstance(actual, list):
        alike = len(sample) == len(actual) and all(map(resembles, sample, actual))
        return alike or sample == [ANYTHING]
    if isinstance(sample, str) and isinstance(actual, str):
        pattern = ".+".join(re.escape(part) for part in sample.split(ANYTHING))
        return re.fullmatch(pattern, actual) is not None
    return type(sample) is type(actual) and (not isinstance(sample, bool) or sample == actual)
