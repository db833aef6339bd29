"""The results as a table, for the terminal and for the README."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

Results = dict[str, dict[str, dict[str, float]]]
README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- measured by tests.bench -->", "<!-- end of measured -->"
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
    """Return the table for the README; CPU is in milliseconds for 1,000 requests."""
    head = ("operation", "server", *COLUMNS)
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * 2 + "--:|" * len(COLUMNS)]
    lines += [f"| {' | '.join(row)} |" for row in rows(found)]
    said = (
        f"{about['cores']} cores, Python {about['python']}, wrk on the same machine, the median of "
        f"{about['rounds']} rounds of {about['seconds']} s in turn. CPU is in milliseconds for 1,000 "
        "requests."
    )
    return f"{BEGIN}\n{said}\n\n" + "\n".join(lines) + f"\n{END}"


def write_readme(found: Results, about: dict[str, object]) -> None:
    """Put the table into the README in place of the one before."""
    before, rest = README.read_text().split(BEGIN)
    README.write_text(before + markdown(found, about) + rest.split(END)[1])
