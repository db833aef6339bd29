"""What stands in the top level, the README and the manual."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from app.settings import NAMES
from tests.drivers.repository import ROOT

ENDINGS = {".py", ".toml", ".md", ".txt", ".html", ".js", ".css", ".mjs", ".cfg", ".ini"}
NOT_OURS = {".venv", "node", "instance", ".git"}


def _text_files() -> Iterator[Path]:
    """Give our files; what others made is not walked through, as it takes seconds."""
    for place, folders, names in os.walk(ROOT):
        folders[:] = [n for n in folders if n not in NOT_OURS and not n.endswith("venv")]
        yield from (Path(place) / name for name in names if Path(name).suffix in ENDINGS)


TEXT_FILES = sorted(_text_files())


def test_the_readme_describes_every_setting_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text()
    assert set(re.findall(r"`(MANDATE_[A-Z_]+)`", readme)) == set(NAMES)


def test_the_readme_is_short_and_leads_to_what_exists() -> None:
    readme = (ROOT / "README.md").read_text()
    table = readme[readme.index("## Settings") : readme.index("## Where things are")]
    assert len(readme.replace(table, "").replace("|", " ").split()) <= 1000
    tests = re.findall(r"`(test_\w+\.py)`", readme)
    assert len(tests) >= 10
    assert not [name for name in tests if not (ROOT / "tests" / "oauth" / name).is_file()]
    pages = re.findall(r"\((app/manual/[a-z-]+\.md)\)", readme)
    assert not [page for page in pages if not (ROOT / page).is_file()]


def test_the_manual_names_every_command_and_no_setting_that_does_not_exist() -> None:
    from app.cli import commands

    pages = [page.read_text() for page in sorted((ROOT / "app" / "manual").glob("*.md"))]
    operators = (ROOT / "app" / "manual" / "operators.md").read_text()
    missing = [c for c in (*commands(), "demo") if f"`mandate {c}`" not in operators]
    assert not missing
    assert set(re.findall(r"(?<!_)MANDATE_[A-Z_]+", "".join(pages))) <= set(NAMES)


def test_no_file_names_a_package_registry() -> None:
    hosts = re.compile(
        "|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(org|com)"))
    )
    named = [p for p in TEXT_FILES if hosts.search(p.read_text(errors="replace"))]
    assert not named


def test_the_top_level_is_as_given() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    top = {line.split("/")[0] for line in tracked.splitlines()}
    given = {
        "LICENSE",
        "pyproject.toml",
        "README.md",
        "app",
        "migrations",
        "templates",
        "tests",
        "wsgi.py",
        "constraints.txt",
    }
    assert {name for name in top if not name.startswith(".")} <= given
