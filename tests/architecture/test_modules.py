"""Modules: small, described, named after what they hold, and within their bounds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drivers.repository import DRAWERS, MODULES, ROOT, name_of, words_of

WALL = 300  # a file over 250 lines is looked at; one over 300 does not land
# Modules whose names end in -ing and are nouns all the same, with the reason.
NOUNS_IN_ING = {
    "app/services/authorizations/listing.py": "a listing is what the page shows",
}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_and_functions_are_small_and_described(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert text.count("\n") <= WALL
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


def test_there_is_no_drawer() -> None:
    assert [p for p in MODULES if DRAWERS & set(words_of(p))] == []


def test_modules_are_named_after_things_and_not_after_what_is_done() -> None:
    gerunds = [p for p in MODULES if any(word.endswith("ing") for word in words_of(p))]
    assert [name_of(p) for p in gerunds] == list(NOUNS_IN_ING)


@pytest.mark.parametrize("name", ["app/domain/utils", "app/core/x", "app/web/page_helpers"])
def test_a_drawer_is_found_by_any_word_of_its_path(name: str) -> None:
    assert DRAWERS & set(words_of(ROOT / f"{name}.py"))


def test_there_is_one_clock() -> None:
    # The demo's tool and resource server stand for programs of others, with clocks of their own.
    own = [p for p in MODULES if "demo" not in p.parts]
    clock = re.compile(r"datetime\.(now|utcnow)\(|time\.time\(")
    assert [name_of(p) for p in own if clock.search(p.read_text())] == ["app/runtime/clock.py"]


def test_only_the_database_module_commits() -> None:
    callers = [p for p in MODULES if re.search(r"\.commit\(\)", p.read_text())]
    assert [name_of(p) for p in callers] == ["app/database/transactions.py"]


@pytest.mark.requirement("XC-15", "DV-09")
def test_secrets_are_neither_compared_with_equals_nor_made_by_random() -> None:
    for path in MODULES:
        text = path.read_text()
        assert not re.search(r"^(import random|from random )", text, re.MULTILINE), path
        assert not re.search(
            r"(secret_digest|refresh_digest|password_hash|browser_digest)\s*[!=]= (?!digest\()",
            text,
        ), path


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    if not Path(command[0]).exists():
        pytest.skip("optional: import-linter comes with the extra `check`")
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-2000:]
