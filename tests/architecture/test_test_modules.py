"""Test modules: small, named after what they test, and each one readable alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drivers.repository import DRAWERS, MODULES, ROOT, name_of, tree_of, words_of

TESTS = ROOT / "tests"
FILES = sorted(TESTS.rglob("*.py"))
DOMAIN = ROOT / "app" / "domain"
WALL = 350
COLUMNS = 120
LONGEST_FUNCTION = 60
SENTENCE = re.compile(r"test_[a-z][a-z0-9]*(_[a-z0-9]+){2,}")
# Folders that are not named after a room of `app/`, and what stands there instead.
OWN_FOLDERS = {
    "architecture": "the rules of the repository",
    "bench": "measurements",
    "bench/faults": "what breaks under load, and what is lost",
    "bench/peers": "what is measured beside it",
    "bench_faults": "short faults, and whether their programs see a loss",
    "drivers": "what tests drive the product with",
    "interop": "clients that are not ours",
    "migrations": "the folder of the same name beside app",
    "security": "attacks across all rooms",
}
# Names that say where tests came from, or nothing.
TEST_DRAWERS = DRAWERS | {
    "main_job",
    "objects",
    "quirks",
    "rules",
    "second_look",
    "secrets_and_rules",
    "services",
    "tests",
}


def imported(path: Path) -> Iterator[str]:
    """Give the modules that a file imports, at the top or inside a function."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_small_and_laid_out_by_the_formatter(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= WALL
    assert [line for line in text.splitlines() if len(line) > COLUMNS] == []
    assert not re.search(r"#\s*fmt:\s*(skip|off)", text)
    assert ast.get_docstring(tree_of(path))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_is_imported_from_tests_or_their_fixtures(path: Path) -> None:
    """What two files need stands in tests/drivers, or is a fixture."""
    shared = re.compile(r"tests\.(.+\.)?(test_\w+|conftest)(\.|$)")
    assert [name for name in imported(path) if shared.match(name)] == []


def test_no_test_lies_in_a_drawer() -> None:
    assert [name_of(path) for path in FILES if DRAWERS & set(words_of(path))] == []
    stems = {path.stem.removeprefix("test_"): name_of(path) for path in FILES}
    assert [stems[stem] for stem in stems if stem in TEST_DRAWERS] == []


def test_each_folder_has_the_name_of_what_it_tests() -> None:
    folders = {str(path.parent.relative_to(TESTS)) for path in FILES} - {"."}
    strange = [folder for folder in folders if not (ROOT / "app" / folder).is_dir()]
    assert sorted(strange) == sorted(OWN_FOLDERS)


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if DOMAIN in path.parents and path.stem != "__init__"],
    ids=name_of,
)
def test_each_module_of_the_domain_has_a_test_file_of_its_name(path: Path) -> None:
    room = path.parent.relative_to(ROOT / "app")
    own = TESTS / room / f"test_{path.name}"
    assert own.is_file()
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    assert module in set(imported(own))


def test_the_name_of_a_test_is_a_sentence() -> None:
    names = [
        node.name
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert len(names) > 900
    assert [name for name in names if not SENTENCE.fullmatch(name)] == []
