"""The scripts of the pages: one module a job, found below any path, with a comment that says the job.

The style sheets beside them have short lines too.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.check import ESLINT, ROOT

STATIC = ROOT / "app/static"
SCRIPTS = sorted(STATIC.glob("*.js"))
SHEETS = [*sorted(STATIC.glob("*.css")), *(ROOT / "app/demo").rglob("*.css")]
WIDTH = 120
IMPORT = re.compile(r'^import .*?"([^"]+)";|import\("([^"]+)"\)', re.MULTILINE)


def name_of(path: Path) -> str:
    return path.name


def imported_by(path: Path) -> set[str]:
    found = {first or second for first, second in IMPORT.findall(path.read_text())}
    return found | {name for of in found for name in imported_by(path.parent / of)}


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_says_its_job_and_is_short(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert re.match(r"// [A-Z].+\.", lines[0])
    assert len(lines) < 200


@pytest.mark.parametrize("path", [*SCRIPTS, *SHEETS], ids=name_of)
def test_lines_end_before_120_columns(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert not [number for number, line in enumerate(lines, 1) if len(line) > WIDTH]


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_imports_are_relative_so_that_an_issuer_may_have_a_path(path: Path) -> None:
    for address in imported_by(path):
        assert address.startswith("./")
        assert (STATIC / address).is_file()


def test_every_script_is_used_by_a_page() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "templates").glob("*.html"))
    entries = set(re.findall(r"filename='([a-z]+\.js)'", pages))
    used = entries | {Path(one).name for of in entries for one in imported_by(STATIC / of)}
    assert used == {path.name for path in SCRIPTS}


BAD = [
    ("if (1 == document.title) alert();", "eqeqeq"),
    ("const a = 1;", "no-unused-vars"),
    ("let a = 1; alert(a);", "prefer-const"),
    ("process.exit();", "no-undef"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("code", "rule"), BAD)
def test_the_linter_refuses_what_it_should(code: str, rule: str) -> None:
    if not (ROOT / ESLINT[0]).is_file() or shutil.which("node") is None:
        pytest.skip("optional: .ci/run installs eslint where npm is there")
    command = [*ESLINT[:3], "--stdin", "--stdin-filename", "app/static/a.js", "--format", "json"]
    found = subprocess.run(
        command, cwd=ROOT, input=code, capture_output=True, text=True, check=False
    )
    assert found.returncode == 1, found.stderr
    assert f'"ruleId":"{rule}"' in found.stdout
