"""The map is inside the house: what a text refers to exists, and the guide names every room."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = ".github/CONTRIBUTING.md"
WHOLE = {".md", ".html", ".js", ".css"}  # read in full; of Python only comments and docstrings
PLACE = re.compile(r"(?<![\w/.-])(?:app|tests|templates|migrations|\.github)/[\w./-]*")
OUTSIDE = re.compile(
    "|".join((r"\bDESIGN" + r"\.md", r"\bCONTRACT" + r"\.md", r"\breference/" + r"\w"))
)


def tracked() -> list[str]:
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]


TRACKED = tracked()
PLACES = {*TRACKED, *(str(parent) for name in TRACKED for parent in Path(name).parents)}
PROSE = [name for name in TRACKED if Path(name).suffix in {".py", *WHOLE}]


def prose(name: str) -> str:
    """Return what a file says to its readers."""
    text = (ROOT / name).read_text()
    return text if Path(name).suffix in WHOLE else "\n".join(spoken(text))


def spoken(source: str) -> Iterator[str]:
    """Give the comments and docstrings of a module."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def places(text: str) -> set[str]:
    """Return the paths of the repository that a text names."""
    return {found.rstrip("./-") for found in PLACE.findall(text)}


def test_a_path_is_found_in_prose_and_nowhere_else() -> None:
    code = '"""See `app/domain/x.py`, and `tests/y/`."""\nz = "app/z.py"  # as templates/_a.html does.\n'
    told = "\n".join(spoken(code))
    assert places(told) == {"app/domain/x.py", "tests/y", "templates/_a.html"}
    assert places("application/json, https://x/app/y.py, web/app/y, myapp/x, app/ and so on") == {
        "app"
    }


def test_what_a_text_refers_to_exists() -> None:
    missing = {name: places(prose(name)) - PLACES for name in PROSE}
    assert {name: found for name, found in missing.items() if found} == {}


def test_no_text_refers_to_a_document_outside_the_repository() -> None:
    named = {name: OUTSIDE.findall((ROOT / name).read_text(errors="replace")) for name in TRACKED}
    assert {name: found for name, found in named.items() if found} == {}


def test_the_guide_gives_every_room_one_row() -> None:
    rooms = re.findall(r"^\| `(app/\S*)` \|", (ROOT / GUIDE).read_text(), re.MULTILINE)
    packages = {
        str(Path(name).parent) for name in TRACKED if re.search(r"^app/.+/__init__\.py$", name)
    }
    assert len(rooms) == len(set(rooms))
    assert {room.rstrip("/") for room in rooms if room.endswith("/")} == packages


def test_the_guide_tells_the_layers_as_they_are_checked() -> None:
    guide = (ROOT / GUIDE).read_text()
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    layers = [contract for contract in contracts if contract["type"] == "layers"]
    assert layers
    for contract in layers:
        assert re.search(
            rf"^{re.escape(contract['containers'][0])}: +{re.escape(' > '.join(contract['layers']))}$",
            guide,
            re.MULTILINE,
        ), contract["name"]
