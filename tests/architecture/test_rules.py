"""The rules of the house, checked."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import app
from app.domain import errors
from app.http.pages import PAGES
from app.oauth.errors import OAUTH_ERRORS
from app.settings import NAMES
from tests.drivers.world import World

ROOT = Path(app.__file__).parent.parent
MODULES = sorted((ROOT / "app").rglob("*.py"))
WALL = 300  # a file over 250 lines is looked at; one over 300 does not land
TEXT_FILES = [
    p
    for pattern in (
        "*.py",
        "*.toml",
        "*.md",
        "*.txt",
        "*.html",
        "*.js",
        "*.css",
        "*.mjs",
        "*.cfg",
        "*.ini",
    )
    for p in ROOT.rglob(pattern)
    if not {".venv", "node", "instance", ".git"} & set(p.relative_to(ROOT).parts)
    and not any(part.endswith("venv") for part in p.relative_to(ROOT).parts)
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def subclasses(of: type[errors.DomainError]) -> set[type[errors.DomainError]]:
    return {s for direct in of.__subclasses__() for s in (direct, *subclasses(direct))}


def test_every_domain_error_is_in_every_map() -> None:
    from app.cli import EXIT_CODES

    every = subclasses(errors.DomainError)
    assert set(PAGES) == every
    assert set(OAUTH_ERRORS) == every
    assert set(EXIT_CODES) == every
    assert all(code != 0 for code in EXIT_CODES.values())


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
    drawers = {"utils", "helpers", "common", "manager", "misc", "util", "helper"}
    assert not [p for p in MODULES if drawers & set(re.split(r"[_/.]", name_of(p)))]


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
    assert set(re.findall(r"MANDATE_[A-Z_]+", "".join(pages))) <= set(NAMES)


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


PUBLIC = {
    "static",
    "bootstrap.static",
    "authorization.authorize",
    "oauth.token",
    "oauth.introspect",
    "oauth.revoke",
    "oauth.server_metadata",
    "leak_reports.report_leaks",
    "oauth.device_authorization",
    "registration.register",
    "registration.configuration",
    "web.home",
    "web.healthz",
    "web.readyz",
    "web.security_txt",
    "web.login",
    "web.sign_in_",
    "web.logout",
    "web.manual",
    "web.manual_page",
}


def test_every_other_address_asks_for_the_sign_in(lone_world: World) -> None:
    http = lone_world.app.test_client()
    lone_world.app.config["WTF_CSRF_ENABLED"] = False
    for rule in lone_world.app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            response = http.open(path, method=method)
            assert response.location.startswith("/login"), rule


def test_every_state_change_needs_the_csrf_field(lone_world: World) -> None:
    http = lone_world.app.test_client()
    for rule in lone_world.app.url_map.iter_rules():
        if "POST" in (rule.methods or set()) and not rule.endpoint.startswith(
            ("oauth.", "leak_reports.", "registration.")
        ):
            path = re.sub(r"<[^>]+>", "x", rule.rule)
            assert http.post(path).status_code == 403, rule


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    if not Path(command[0]).exists():
        pytest.skip("optional: import-linter comes with the extra `check`")
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-2000:]
