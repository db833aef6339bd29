"""The matrix: which test proves which rule, and how it ended (`pytest --matrix FILE`).

A marker's ids travel in the report's `user_properties`, so that they reach pytest-xdist's controller.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).with_name("requirements.toml")
NOT_RUN = "not run"
LEFT_OUT = "left out"
ORDER = ("failed", "skipped", "passed")  # one failure fails the row; one skip is seen


def requirements() -> dict[str, dict[str, str]]:
    """Return the rows of `requirements.toml` by id."""
    return tomllib.loads(REQUIREMENTS.read_text())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--matrix FILE`."""
    text = "write requirement, rule, tests and result to FILE as Markdown"
    parser.addoption("--matrix", metavar="FILE", type=Path, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Collect reports where a file is asked for; a worker of pytest-xdist has none to write."""
    path = config.getoption("matrix")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Matrix(path.absolute()), "matrix")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the ids of the markers where reports carry them."""
    for item in items:
        for mark in item.iter_markers("requirement"):
            item.user_properties.extend(("requirement", str(row)) for row in mark.args)
        for mark in item.iter_markers("rfc"):
            item.user_properties.append(("rfc", " ".join(map(str, mark.args))))


class Matrix:
    """What was reported for each id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: dict[str, set[str]] = defaultdict(set)  # by node id
        self.tests: dict[tuple[str, str], set[str]] = defaultdict(set)  # by marker and id

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a call, and what failed or skipped before or after it."""
        if report.when == "call" or not report.passed:
            self.outcomes[report.nodeid].add(report.outcome)
            for marker, row in report.user_properties:
                self.tests[marker, str(row)].add(report.nodeid)

    def result(self, marker: str, row: str) -> str:
        """Return how the tests of a row ended, the worst first."""
        found = {o for test in self.tests[marker, row] for o in self.outcomes[test]}
        return ", ".join(o for o in ORDER if o in found)

    def named(self, marker: str, row: str) -> str:
        """Return the test functions of a row, each with the number of its cases."""
        cases: dict[str, int] = defaultdict(int)
        for test in self.tests[marker, row]:
            cases[test.partition("[")[0]] += 1
        return "<br>".join(
            f"`{t}`" + (f" ({n})" if n > 1 else "") for t, n in sorted(cases.items())
        )

    def by_requirement(self) -> list[tuple[str, ...]]:
        """Return the rows of the first table."""
        rows: list[tuple[str, ...]] = []
        for row, told in requirements().items():
            reason = told.get("left_out", "")
            tests = self.named("requirement", row) or reason
            result = self.result("requirement", row) or (LEFT_OUT if reason else NOT_RUN)
            rows.append((row, told["level"], told["rule"], tests, result))
        return rows

    def by_standard(self) -> list[tuple[str, ...]]:
        """Return the rows of the second table."""
        rows = {row for marker, row in self.tests if marker == "rfc"}
        return [
            (
                f"RFC {row.split()[0]}",
                row.split()[1],
                self.named("rfc", row),
                self.result("rfc", row),
            )
            for row in sorted(rows, key=lambda row: [int(n) for n in re.findall(r"\d+", row)])
        ]

    def pytest_sessionfinish(self) -> None:
        """Write both tables."""
        first = table("id", "level", "rule", "tests", "result", rows=self.by_requirement())
        second = table("standard", "section", "tests", "result", rows=self.by_standard())
        self.path.write_text(f"# Requirements\n\n{first}\n# Standards\n\n{second}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the tables are and how many rows ended how."""
        worst = [row[-1].split(",")[0] for row in self.by_requirement()]
        counts = ", ".join(f"{worst.count(o)} {o}" for o in (*reversed(ORDER), NOT_RUN, LEFT_OUT))
        terminalreporter.write_line(f"matrix: {self.path}: {counts} of {len(worst)} requirements")


def table(*names: str, rows: list[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [names, ("---",) * len(names), *rows]
    return "".join(
        f"| {' | '.join(c.replace('|', chr(92) + '|') for c in line)} |\n" for line in lines
    )
