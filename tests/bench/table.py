"""The results as a table, for the terminal and for the README."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

Results = dict[str, dict[str, dict[str, float]]]
README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- measured by tests.bench -->", "<!-- end of measured -->"
SQLITE, POSTGRESQL = "Mandate on SQLite", "Mandate on PostgreSQL"
SHORT = ("SQLite / bare view", "PostgreSQL / bare view", "/ node-oidc-provider", "p99", "CPU")
COLUMNS = ("a second", "of bare", "of peer", "p50 ms", "p99 ms", "CPU", "in PostgreSQL", "MB")


def rows(found: Results) -> Iterator[tuple[str, ...]]:
    """Yield a row for each operation and server; what was not measured is a dash."""
    for operation, by_server in found.items():
        for name, values in by_server.items():
            if operation != "introspection" and name.startswith("bare"):
                continue
            yield (
                operation.replace("_", " "),
                name,
                f"{values['per_second']:,.0f}",
                _number(values.get("of_bare"), 2),
                _number(values.get("of_peer"), 2),
                _number(values["p50"], 1),
                _number(values["p99"], 1),
                _number(values["cpu"], 0),
                _number(values["database_cpu"] or None, 0),
                _number(values["memory"], 0),
            )


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def text(found: Results) -> str:
    """Return the table for a terminal."""
    table = [("", "", *COLUMNS), *rows(found)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n < 2 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    )


def markdown(found: Results, about: dict[str, object]) -> str:
    """Return Mandate's figures for the README: one line an operation and number of workers."""
    lines = [f"| operation | {' | '.join(SHORT)} |", "|---|" + "--:|" * len(SHORT)]
    for operation, by_server in found.items():
        for name, values in by_server.items():
            if name.startswith(POSTGRESQL):
                beside = by_server[name.replace(POSTGRESQL, SQLITE)]
                lines.append(_line(operation, beside, values))
    said = (
        f"Median of {about['rounds']} rounds, {about['cores']} cores, Python {about['python']}; "
        "milliseconds, CPU for 1,000 requests in process + PostgreSQL."
    )
    return f"{BEGIN}\n{said}\n\n" + "\n".join(lines) + f"\n{END}"


def _line(operation: str, sqlite: dict[str, float], values: dict[str, float]) -> str:
    cells = (
        operation.replace("_", " "),
        _number(sqlite.get("of_bare"), 2),
        _number(values.get("of_bare"), 2),
        _number(values.get("of_peer"), 2),
        _number(values["p99"], 0),
        f"{values['cpu']:,.0f}+{values['database_cpu']:,.0f}",
    )
    return f"| {' | '.join(cells)} |"


def write_readme(found: Results, about: dict[str, object]) -> None:
    """Put the table into the README in place of the one before."""
    before, rest = README.read_text().split(BEGIN)
    README.write_text(before + markdown(found, about) + rest.split(END)[1])
