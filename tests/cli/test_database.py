"""`mandate db upgrade`, `mandate check` and `mandate cleanup`."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from app.cli import exit_codes
from app.domain import errors
from tests.drivers.command_line import ADA, SECRET_KEY, Mandate, write_demo


def test_cleaning_up_counts_what_it_removed(mandate: Mandate) -> None:
    removed = mandate("cleanup", "--json").value
    assert set(removed.values()) == {0}
    assert {"access_tokens", "sessions"} <= set(removed)


def test_an_upgrade_says_the_revision_and_may_be_repeated(mandate: Mandate) -> None:
    first, second = (mandate("db", "upgrade", "--json").value for _ in range(2))
    assert first == second
    assert first["revision"] in mandate("db", "upgrade").out


def test_a_check_is_good_with_a_user_and_the_current_schema(mandate: Mandate) -> None:
    mandate(*ADA)
    found = mandate("check", "--json").value
    assert (found["ok"], found["problems"]) == (True, [])


@pytest.mark.parametrize(
    ("documents", "proxy", "names"),
    [
        ("", "", [["MANDATE_CLIENT_DOCUMENTS=off", "MANDATE_OUTBOUND_PROXY"]]),
        ("claude.ai", "", [["MANDATE_CLIENT_DOCUMENTS=off"]]),
        ("off", "", []),
        ("localhost", "", []),
        ("off", "http://u:hidden@proxy.example:3128", [["your own network"]]),
        ("on", "http://u:hidden@proxy.example:3128", [["=off"], ["your own network"]]),
    ],
)
def test_a_check_says_how_documents_are_switched_off_and_what_a_proxy_has_to_check(
    mandate: Mandate,
    monkeypatch: pytest.MonkeyPatch,
    documents: str,
    proxy: str,
    names: list[list[str]],
) -> None:
    mandate(*ADA)
    monkeypatch.setenv("MANDATE_CLIENT_DOCUMENTS", documents)
    monkeypatch.setenv("MANDATE_OUTBOUND_PROXY", proxy)
    notes = mandate("check", "--json").value["notes"]
    assert len(notes) == len(names)
    assert all(word in note for words, note in zip(names, notes, strict=True) for word in words)
    said = mandate("check").out
    assert said.startswith("Everything is in order.\n")
    assert all(note in said for note in notes)
    assert "hidden" not in said


def problems(mandate: Mandate) -> list[str]:
    ran = mandate("check", "--json")
    assert ran.code == 1
    found = json.loads(ran.out)
    assert found["ok"] is False
    return [str(problem) for problem in found["problems"]]


def test_a_check_misses_a_user(mandate: Mandate) -> None:
    assert "user" in problems(mandate)[0]


def test_a_check_names_settings_that_mean_nothing(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANDATE_ISUER", "x")
    assert any("MANDATE_ISUER" in problem for problem in problems(mandate))


def test_a_check_names_the_setting_that_is_wrong(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANDATE_SECRET_KEY", "too short")
    (problem,) = problems(mandate)
    assert "MANDATE_SECRET_KEY" in problem
    assert "too short" not in problem


def test_a_check_without_a_schema_says_what_to_run(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MANDATE_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    assert "mandate db upgrade" in problems(mandate)[0]


def test_a_check_names_the_files_that_others_can_read(
    mandate: Mandate, database: Path, monkeypatch: pytest.MonkeyPatch, swift_path: Path
) -> None:
    mandate(*ADA)
    monkeypatch.setenv("MANDATE_CLIENT_DOCUMENTS", "off")
    monkeypatch.delenv("MANDATE_SECRET_KEY")
    monkeypatch.setenv("MANDATE_SECRET_KEY_FILE", str(swift_path / "key"))
    (swift_path / "key").write_text(SECRET_KEY)
    for path in (swift_path, swift_path / "key", database):
        path.chmod(0o755)
    secret, file = mandate("check", "--json").value["notes"]
    assert secret.startswith(
        f"MANDATE_SECRET_KEY_FILE: everybody on this machine can read {swift_path}"
    )
    assert file.startswith(f"{database} is open")
    (swift_path / "key").chmod(0o600)
    mandate("db", "upgrade")
    assert mandate("check", "--json").value["notes"] == []
    assert database.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("path", ["/nowhere/key", "/dev/null"])
def test_a_check_names_the_file_of_a_secret_that_cannot_be_used(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.delenv("MANDATE_SECRET_KEY")
    monkeypatch.setenv("MANDATE_SECRET_KEY_FILE", path)
    (problem,) = problems(mandate)
    assert problem.startswith(f"MANDATE_SECRET_KEY_FILE: {path} ")
    assert mandate("user", "list").code == exit_codes.EXIT_CODES[errors.Misconfigured]


@pytest.fixture
def newer(mandate: Mandate, database: Path) -> Mandate:
    """The commands on a database that a later version has upgraded."""
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    return mandate


def test_a_check_sees_a_schema_of_another_version(newer: Mandate) -> None:
    assert "9999" in problems(newer)[0]


def test_an_upgrade_of_a_newer_schema_is_refused_with_a_reason(newer: Mandate) -> None:
    assert "9999" in newer("db", "upgrade").reason


def test_a_check_that_fails_has_its_one_line_on_stderr_too(mandate: Mandate) -> None:
    assert mandate("check").reason


@pytest.fixture
def away(mandate: Mandate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Mandate:
    """The commands on a database that cannot be opened."""
    monkeypatch.setenv("MANDATE_DATABASE_URL", f"sqlite:///{tmp_path}/nowhere/x.db")
    return mandate


def test_a_database_that_is_away_is_one_line(away: Mandate) -> None:
    assert away("user", "list").reason


def test_an_upgrade_of_a_database_that_is_away_is_no_bug(away: Mandate) -> None:
    assert away("db", "upgrade").code == exit_codes.EXIT_CODES[errors.Unavailable]


def test_a_command_without_a_schema_says_what_to_run(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MANDATE_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    assert "mandate db upgrade" in mandate("user", "list").err


def test_a_database_url_that_cannot_be_read_shows_no_password(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://mandate:top@x:secret@127.0.0.1/mandate"
    monkeypatch.setenv("MANDATE_DATABASE_URL", url)
    ran = mandate("user", "list")
    assert ran.code != 0
    assert "secret" not in ran.err


def test_a_check_of_a_demo_looks_at_its_own_settings_only(
    mandate: Mandate, database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mandate(*ADA)
    directory = write_demo(tmp_path / "demo", database)
    monkeypatch.setenv("MANDATE_ISUER", "x")
    assert mandate("check", "--data-dir", str(directory)).code == 0


def test_a_plan_says_what_would_be_done_and_does_nothing(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert mandate("db", "upgrade", "--plan").out == "There is nothing to upgrade.\n"
    monkeypatch.setenv("MANDATE_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    planned = mandate("db", "upgrade", "--plan", "--json").value
    assert planned[0]["revision"] == "0001"
    assert len(planned) == len(mandate("db", "upgrade", "--plan").out.splitlines()) - 1
    assert "mandate db upgrade" in mandate("user", "list").reason, "nothing was done"
