"""What holds for every command."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from app import cli, create_app
from app.cli import exit_codes
from app.demo.command import demo
from app.domain import errors
from tests.drivers.command_line import Mandate, write_demo


def test_a_command_acts_on_the_demo_of_a_directory(
    mandate: Mandate, database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = write_demo(tmp_path / "demo", database)
    monkeypatch.delenv("MANDATE_DATABASE_URL")
    assert "MANDATE_DATABASE_URL" in mandate("user", "list").reason
    assert mandate("user", "list", "--data-dir", str(directory), "--json").value == []


def test_a_directory_without_a_demo_is_refused(mandate: Mandate, tmp_path: Path) -> None:
    assert "holds no demo" in mandate("user", "list", "--data-dir", str(tmp_path)).reason


def _refusals(of: type[errors.DomainError]) -> list[type[errors.DomainError]]:
    return [found for sub in of.__subclasses__() for found in (sub, *_refusals(sub))]


def test_every_refusal_has_an_exit_code_that_is_not_0() -> None:
    assert set(_refusals(errors.DomainError)) == set(exit_codes.EXIT_CODES)
    assert 0 not in exit_codes.EXIT_CODES.values()


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
