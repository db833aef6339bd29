"""`mandate db upgrade`, `mandate check`, and what holds for every command."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import click
import pytest

from app import cli, create_app
from app.demo.command import demo
from app.domain import errors
from app.settings import ENVIRON_FILE
from tests.drivers.command_line import Mandate, environment

ADA = ("user", "add", "ada", "--email", "ada@example.org")


def test_an_upgrade_says_the_revision_and_may_be_repeated(mandate: Mandate) -> None:
    first, second = (mandate("db", "upgrade", "--json").value for _ in range(2))
    assert first == second
    assert first["revision"] in mandate("db", "upgrade").out


def test_a_check_is_good_with_a_user_and_the_current_schema(mandate: Mandate) -> None:
    mandate(*ADA)
    assert mandate("check", "--json").value == {"ok": True, "problems": []}


def _problems(mandate: Mandate) -> list[str]:
    ran = mandate("check", "--json")
    assert ran.code == 1
    found = json.loads(ran.out)
    assert found["ok"] is False
    return [str(problem) for problem in found["problems"]]


def test_a_check_misses_a_user(mandate: Mandate) -> None:
    assert "user" in _problems(mandate)[0]


def test_a_check_names_settings_that_mean_nothing(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANDATE_ISUER", "x")
    assert any("MANDATE_ISUER" in problem for problem in _problems(mandate))


def test_a_check_names_the_setting_that_is_wrong(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANDATE_SECRET_KEY", "too short")
    (problem,) = _problems(mandate)
    assert "MANDATE_SECRET_KEY" in problem
    assert "too short" not in problem


def test_a_check_without_a_schema_says_what_to_run(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MANDATE_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    assert "mandate db upgrade" in _problems(mandate)[0]


@pytest.fixture
def newer(mandate: Mandate, database: Path) -> Mandate:
    """The commands on a database that a later version has upgraded."""
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    return mandate


def test_a_check_sees_a_schema_of_another_version(newer: Mandate) -> None:
    assert "9999" in _problems(newer)[0]


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
    assert away("db", "upgrade").code == cli.EXIT_CODES[errors.Unavailable]


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


def _demo(directory: Path, database: Path) -> Path:
    directory.mkdir()
    (directory / ENVIRON_FILE).write_text(json.dumps(environment(database)))
    return directory


def test_a_command_acts_on_the_demo_of_a_directory(
    mandate: Mandate, database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = _demo(tmp_path / "demo", database)
    monkeypatch.delenv("MANDATE_DATABASE_URL")
    assert "MANDATE_DATABASE_URL" in mandate("user", "list").reason
    assert mandate("user", "list", "--data-dir", str(directory), "--json").value == []


def test_a_directory_without_a_demo_is_refused(mandate: Mandate, tmp_path: Path) -> None:
    assert "holds no demo" in mandate("user", "list", "--data-dir", str(tmp_path)).reason


def test_a_check_of_a_demo_looks_at_its_own_settings_only(
    mandate: Mandate, database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mandate(*ADA)
    directory = _demo(tmp_path / "demo", database)
    monkeypatch.setenv("MANDATE_ISUER", "x")
    assert mandate("check", "--data-dir", str(directory)).code == 0


def _refusals(of: type[errors.DomainError]) -> list[type[errors.DomainError]]:
    return [found for sub in of.__subclasses__() for found in (sub, *_refusals(sub))]


def test_every_refusal_has_an_exit_code_that_is_not_0() -> None:
    assert set(_refusals(errors.DomainError)) == set(cli.EXIT_CODES)
    assert 0 not in cli.EXIT_CODES.values()


def _leaves(group: click.Group, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    found: dict[tuple[str, ...], click.Command] = {}
    for name, command in group.commands.items():
        here = (*path, name)
        found |= _leaves(command, here) if isinstance(command, click.Group) else {here: command}
    return found


def test_every_command_takes_json_and_a_data_directory(mandate: Mandate) -> None:
    mandate("--help")
    for path, command in _leaves(cli.mandate).items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--json", "--data-dir"} <= options, path


@pytest.mark.parametrize(
    "words", [("user", "add", "x"), ("nope",), ("user", "list", "--nope"), ("serve", "--port", "0")]
)
def test_a_command_that_is_typed_wrongly_is_one_line_and_2(
    mandate: Mandate, words: tuple[str, ...]
) -> None:
    ran = mandate(*words)
    assert ran.code == 2
    assert ran.reason
    assert ran.out == ""


@pytest.mark.parametrize("words", [(), ("user",)])
def test_a_command_that_is_missing_is_one_short_line(
    mandate: Mandate, words: tuple[str, ...]
) -> None:
    assert len(mandate(*words).reason) < 120


def test_help_is_for_stdout_and_good(mandate: Mandate) -> None:
    assert "Usage: mandate user add" in mandate("user", "add", "--help").out


def _ending_with(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    @click.command("ends")
    def ends() -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["mandate", "ends"])
        try:
            code = cli.run(create_app, ends)
        finally:
            cli.mandate.commands.pop("ends")
    return code, capsys.readouterr().err


def test_an_interrupted_command_has_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = _ending_with(KeyboardInterrupt(), capsys)
    assert code == 130
    assert "Traceback" not in err


def test_an_aborted_command_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert _ending_with(click.Abort(), capsys)[0] == 1


def test_an_unexpected_error_is_named_by_its_type_only(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = _ending_with(RuntimeError("a private detail"), capsys)
    assert code == 70
    assert "RuntimeError" in err
    assert "private" not in err


def test_the_demo_is_one_of_the_commands(mandate: Mandate) -> None:
    assert demo.name is not None
    assert demo.name in mandate("--help").out
