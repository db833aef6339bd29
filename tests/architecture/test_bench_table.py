"""The table of the benchmark: every figure in its place, and the README shows one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import suite, table

VALUES = {
    "per_second": 1234.4,
    "p50": 1.26,
    "p99": 9.94,
    "cpu": 255.4,
    "database_cpu": 0.0,
    "memory": 98.2,
}
FOUND = {
    "introspection": {
        "bare Flask view, 2 workers": {**VALUES, "per_second": 2000.0},
        "Mandate on SQLite, 2 workers": VALUES,
        "Mandate on PostgreSQL, 2 workers": {**VALUES, "per_second": 1000.0, "database_cpu": 90.0},
        "node-oidc-provider, 2 workers": {**VALUES, "per_second": 500.0, "database_cpu": 90.0},
    },
    "code_exchange": {"bare Flask view, 2 workers": VALUES, "Mandate on SQLite, 2 workers": VALUES},
}
ABOUT: dict[str, object] = {"cores": 2, "python": "3.11", "rounds": 3, "seconds": 4}


def test_each_rate_stands_beside_those_of_the_same_run() -> None:
    told = suite.ratios(FOUND)
    own = told["introspection"]["Mandate on SQLite, 2 workers"]
    assert own["of_bare"] == pytest.approx(0.6172)
    assert own["of_peer"] == pytest.approx(2.4688)
    assert "of_peer" not in told["code_exchange"]["Mandate on SQLite, 2 workers"]


def test_what_was_not_measured_is_a_dash() -> None:
    lines = table.text(suite.ratios(FOUND)).splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == ["introspection"] * 4 + ["code exchange"]
    assert "1,234     0.62     2.47     1.3     9.9  255" in lines[2]
    assert lines[2].split()[-2:] == ["–", "98"]
    assert lines[4].split()[-2:] == ["90", "98"]


def test_the_readme_takes_the_table_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    monkeypatch.setattr(table, "README", readme)
    table.write_readme(suite.ratios(FOUND), ABOUT)
    text = readme.read_text()
    assert "old" not in text
    assert text.startswith(f"before\n{table.BEGIN}\nMedian of 3 rounds, 2 cores, Python 3.11;")
    assert text.endswith(f"|\n{table.END}\nafter\n")
    assert "| introspection | 0.62 | 0.50 | 2.00 | 10 | 255+90 |" in text


def test_the_readme_shows_every_operation() -> None:
    text = table.README.read_text()
    shown = text[text.index(table.BEGIN) : text.index(table.END)]
    for operation in suite.OPERATIONS:
        assert f"| {operation.replace('_', ' ')} | " in shown
