"""The requirements: every id has a rule, every rule a test or a reason, and the matrix says so."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from tests.drivers.repository import tree_of
from tests.matrix import Matrix, requirements

TESTS = Path(__file__).parent.parent
LEVELS = {"must", "should", "house"}
MEMBERS = {"rule", "level", "source", "left_out"}


@cache
def marks(name: str) -> list[tuple[str, list[object]]]:
    """Return where a marker stands, with its arguments; an argument that is no literal is None."""
    return [
        (f"{path.relative_to(TESTS.parent)}:{node.lineno}", [literal(a) for a in node.args])
        for path in sorted(TESTS.rglob("*.py"))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"pytest.mark.{name}"
    ]


def literal(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def proved() -> dict[object, list[str]]:
    """Return where each id is named by a test."""
    places: dict[object, list[str]] = defaultdict(list)
    for place, ids in marks("requirement"):
        for row in ids:
            places[row].append(place)
    return places


def test_every_id_that_a_test_names_has_a_row() -> None:
    unknown = {row: places for row, places in proved().items() if row not in requirements()}
    assert not unknown


def test_every_mandatory_row_has_a_test_or_a_reason_and_no_row_has_both() -> None:
    tested = proved()
    for row, told in requirements().items():
        assert not ("left_out" in told and row in tested), f"{row} has a test: drop left_out"
        if told["level"] == "must":
            assert "left_out" in told or row in tested, f"{row} needs a test or left_out"
        else:
            assert row in tested, f"{row} is proved by no test: drop the row"


def test_every_row_is_one_sentence_with_a_level_and_a_source() -> None:
    for row, told in requirements().items():
        assert re.fullmatch(r"[A-Z]{1,2}-\d\d", row), row
        assert {"rule", "level", "source"} <= set(told) <= MEMBERS, row
        assert told["level"] in LEVELS, row
        assert (told["level"] == "house") == (told["source"] == "house"), row
        for text in (told["rule"], told.get("left_out", "Reason.")):
            assert text.endswith("."), row
            assert not re.search(r"[.!?] ", text), f"{row} is more than one sentence"


def test_a_standard_is_named_in_one_form() -> None:
    places = marks("rfc")
    assert len(places) > 50
    for place, arguments in places:
        assert len(arguments) == 2, place
        number, section = arguments
        assert isinstance(number, str), f'{place}: rfc("6749", "4.1.3")'
        assert isinstance(section, str), f'{place}: rfc("6749", "4.1.3")'
        assert re.fullmatch(r"[1-9]\d{3}", number), place
        assert re.fullmatch(r"[1-9]\d*(\.[1-9]\d*)*", section), place


Outcome = Literal["passed", "failed", "skipped"]


def reported(test: str, when: Literal["setup", "call"], outcome: Outcome) -> pytest.TestReport:
    properties: list[tuple[str, object]] = [("requirement", "AZ-01"), ("rfc", "6749 4.1.2.1")]
    report = pytest.TestReport(f"tests/x.py::{test}", ("", 0, ""), {}, outcome, None, when)
    report.user_properties = properties
    return report


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "failed"], "failed, passed"),
        (["skipped", "passed"], "skipped, passed"),
        (["skipped"], "skipped"),
        ([], "not run"),
    ],
)
def test_a_row_ends_as_its_tests_ended(
    tmp_path: Path, outcomes: list[Outcome], result: str
) -> None:
    matrix = Matrix(tmp_path / "matrix.md")
    for number, outcome in enumerate(outcomes):
        matrix.pytest_runtest_logreport(reported(f"test_it[{number}]", "setup", "passed"))
        matrix.pytest_runtest_logreport(reported(f"test_it[{number}]", "call", outcome))
    matrix.pytest_sessionfinish()
    lines = matrix.path.read_text().splitlines()
    rule = requirements()["AZ-01"]["rule"]
    cases = f" ({len(outcomes)})" if len(outcomes) > 1 else ""
    tests = f"`tests/x.py::test_it`{cases}" if outcomes else ""
    assert f"| AZ-01 | must | {rule} | {tests} | {result} |" in lines
    assert (f"| RFC 6749 | 4.1.2.1 | {tests} | {result} |" in lines) is bool(outcomes)
    left_out = requirements()["AC-12"]["left_out"]
    assert [line for line in lines if f"| {left_out} | left out |" in line]


@pytest.mark.slow
@pytest.mark.parametrize("processes", ["0", "2"])
def test_the_matrix_is_written_by_one_process_and_by_several(
    tmp_path: Path, processes: str
) -> None:
    path = tmp_path / "matrix.md"
    name = "test_secrets_are_neither_compared_with_equals_nor_made_by_random"
    test = f"tests/architecture/test_modules.py::{name}"
    command = [sys.executable, "-m", "pytest", "-q", "-n", processes, "--matrix", str(path), test]
    run = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, check=False)
    assert f"matrix: {path}: 2 passed, 0 skipped, 0 failed" in run.stdout
    for row in ("XC-15", "DV-09"):
        assert re.search(
            rf"^\| {row} \| .* \| `{test}` \| passed \|$", path.read_text(), re.MULTILINE
        )
