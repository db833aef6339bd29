"""`mandate deploy`, `mandate --version` and the completion of a shell."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from app.cli import exit_codes
from app.domain import errors
from tests.drivers.command_line import Mandate, outside, ran
from tests.drivers.repository import ROOT


def test_the_list_names_every_file_and_no_program(mandate: Mandate) -> None:
    names = mandate("deploy", "list", "--json").value
    home = ROOT / "app" / "deploy"
    stored = {
        str(p.relative_to(home)) for p in home.rglob("*") if p.is_file() and "py" not in p.suffix
    }
    assert set(names) == {*stored, "constraints.txt"}
    assert mandate("deploy", "list").out.split() == names


def test_each_file_is_shown_as_it_is_stored(mandate: Mandate) -> None:
    for name in mandate("deploy", "list", "--json").value:
        home = ROOT if name == "constraints.txt" else ROOT / "app" / "deploy"
        stored = (home / name).read_text()
        assert mandate("deploy", "show", name).out == stored
        assert mandate("deploy", "show", name, "--json").value == {"name": name, "text": stored}


@pytest.mark.parametrize("name", ["nope", "__init__.py", "../cli/deploy.py", "/etc/hosts", "", "."])
def test_a_file_that_is_not_in_the_list_is_refused(mandate: Mandate, name: str) -> None:
    ran = mandate("deploy", "show", name)
    assert ran.code == exit_codes.EXIT_CODES[errors.NotFound]
    assert "mandate deploy list" in ran.reason


def test_all_files_are_written_into_a_new_directory_once(mandate: Mandate, tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    written = mandate("deploy", "write", str(directory), "--json").value
    names = mandate("deploy", "list", "--json").value
    assert written == [str(directory / name) for name in names]
    for name in names:
        assert (directory / name).read_text() == mandate("deploy", "show", name).out
    (directory / names[0]).write_text("changed by hand")
    again = mandate("deploy", "write", str(directory))
    assert again.code == exit_codes.EXIT_CODES[errors.Conflict]
    assert "is not empty" in again.reason
    assert (directory / names[0]).read_text() == "changed by hand"


def test_a_directory_that_cannot_be_made_is_one_line(mandate: Mandate) -> None:
    ran = mandate("deploy", "write", "/proc/nowhere/x")
    assert ran.code == exit_codes.EXIT_CODES[errors.Invalid]
    assert "/proc/nowhere/x cannot be written" in ran.reason


def test_neither_the_files_nor_the_version_need_a_setting() -> None:
    for words in (["deploy", "list"], ["--version"]):
        said = ran(words, {})
        assert (said.code, said.err) == (0, "")


def test_the_version_is_that_of_the_package(mandate: Mandate) -> None:
    assert mandate("--version").out == f"mandate {version('mandate')}\n"


@dataclass(frozen=True)
class Shell:
    """The environment of a shell that finds `mandate`, and what completes it there."""

    environ: dict[str, str]
    completion: Path


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    home = tmp_path_factory.mktemp("shell")
    program, completion = home / "mandate", home / "completion.sh"
    program.write_text(f"#!{sys.executable}\nfrom app import main\nmain()\n")
    program.chmod(stat.S_IRWXU)
    environ = {**outside(), "PATH": f"{home}{os.pathsep}{os.environ['PATH']}"}
    with completion.open("wb") as written:
        asked = {**environ, "_MANDATE_COMPLETE": "bash_source"}
        subprocess.run(["mandate"], env=asked, stdout=written, check=True)
    return Shell(environ, completion)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("mandate depl", {"deploy"}),
        ("mandate user si", {"sign-out"}),
        ("mandate deploy ", {"list", "show", "write"}),
        ("mandate user add --em", {"--email"}),
    ],
)
def test_bash_completes_commands_and_options(shell: Shell, typed: str, expected: set[str]) -> None:
    words = typed.split(" ")
    script = (
        f'. "{shell.completion}"\n'
        f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n"
        '_mandate_completion mandate\nprintf "%s\\n" "${COMPREPLY[@]}"'
    )
    completed = subprocess.run(
        ["bash", "-c", script], env=shell.environ, capture_output=True, text=True, check=True
    )
    assert set(completed.stdout.split()) == expected
