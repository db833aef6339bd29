"""The files of this repository."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import app

ROOT = Path(app.__file__).parent.parent
MODULES = sorted((ROOT / "app").rglob("*.py"))
# Names that say nothing of what is inside.
DRAWERS = frozenset(
    {"utils", "util", "helpers", "helper", "common", "core", "misc", "manager", "managers"}
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file as Python reads it."""
    return ast.parse(path.read_text())


def words_of(path: Path) -> list[str]:
    """Return the words of a file's name and of its folders."""
    return re.split(r"[_/]", name_of(path.with_suffix("")))
