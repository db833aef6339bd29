"""Secrets as files: the value, and a sentence without it when the file cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.errors import Misconfigured
from app.settings import Settings, secret_files
from tests.drivers.deployment import environment

GOOD = environment("sqlite:///x.db")
HIDDEN = "hidden-text"
# What each file may hold: a good value of its setting.
VALUES = {
    "MANDATE_SECRET_KEY_FILE": "kZ3-another-unpredictable-long-enough-text",
    "MANDATE_DATABASE_URL_FILE": "postgresql+psycopg://u:hidden-text@h/d",
    "MANDATE_REDIS_URL_FILE": "redis://:hidden-text@127.0.0.1",
    "MANDATE_REGISTRATION_TOKEN_FILE": "kZ3-unpredictable-and-long-enough-text",
    "MANDATE_OUTBOUND_PROXY_FILE": "http://u:hidden-text@proxy.example:3128",
}


def in_files(names: dict[str, str], directory: Path) -> dict[str, str]:
    """Return an environment in which these variables name files with these contents."""
    settings = {secret_files.FILES[name] for name in names}
    found = {name: value for name, value in GOOD.items() if name not in settings}
    for name, text in names.items():
        path = directory / name
        path.write_text(text)
        path.chmod(0o600)
        found[name] = str(path)
    return found


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(Misconfigured) as refusal:
        Settings.from_environ(environ)
    return refusal.value.public


def test_every_secret_can_be_a_file(tmp_path: Path) -> None:
    assert set(VALUES) == set(secret_files.FILES)
    more = {"MANDATE_REGISTRATION": "token"}
    by_file = Settings.from_environ({**in_files(VALUES, tmp_path), **more})
    values = {secret_files.FILES[name]: value for name, value in VALUES.items()}
    assert by_file == Settings.from_environ({**GOOD, **values, **more})


@pytest.mark.parametrize("name", VALUES)
def test_white_space_around_the_content_is_never_part_of_it(name: str, tmp_path: Path) -> None:
    spaced = {name: f"\n {VALUES[name]}\r\n"}
    found = secret_files.with_secrets(in_files(spaced, tmp_path))
    assert found[secret_files.FILES[name]] == VALUES[name]


@pytest.mark.parametrize("name", VALUES)
def test_a_value_and_a_file_are_refused_together(name: str, tmp_path: Path) -> None:
    setting = secret_files.FILES[name]
    environ = {**in_files({name: VALUES[name]}, tmp_path), setting: f"{HIDDEN}-too"}
    sentence = refused(environ)
    assert sentence == f"{setting} and {name} are both set: leave one of them out."
    assert secret_files.with_secrets({**environ, setting: " "})[setting] == VALUES[name]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"hidden-text \xff\xfe", "is not UTF-8 text"),
        (b"hidden-text" * 10_000, "is larger than"),
    ],
)
@pytest.mark.parametrize("name", VALUES)
def test_a_file_without_a_value_is_refused_by_name_and_path(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    environ = in_files({name: "x"}, tmp_path)
    Path(environ[name]).write_bytes(content)
    sentence = refused(environ)
    assert sentence.startswith(f"{name}: {environ[name]} {reason}")
    assert HIDDEN not in sentence


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nowhere/key", "No such file or directory"),
        ("/", "Is a directory"),
        ("/x\0y", "it is no path"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name_and_path(path: str, reason: str) -> None:
    environ = {**GOOD, "MANDATE_SECRET_KEY": "", "MANDATE_SECRET_KEY_FILE": path}
    assert refused(environ) == f"MANDATE_SECRET_KEY_FILE: {path} cannot be read: {reason}."


@pytest.mark.parametrize("name", VALUES)
def test_the_content_of_a_file_that_is_refused_is_shown_nowhere(name: str, tmp_path: Path) -> None:
    environ = in_files({**VALUES, name: HIDDEN}, tmp_path)
    sentence = refused({**environ, "MANDATE_REGISTRATION": "token"})
    assert HIDDEN not in sentence
    assert secret_files.FILES[name] in sentence


@pytest.mark.parametrize(
    ("of_file", "of_directory", "is_named"),
    [(0o600, 0o755, False), (0o640, 0o755, False), (0o644, 0o755, True), (0o644, 0o700, False)],
)
def test_a_file_is_named_when_everybody_can_read_it(
    of_file: int, of_directory: int, is_named: bool, swift_path: Path
) -> None:
    environ = in_files({"MANDATE_SECRET_KEY_FILE": "x"}, swift_path)
    path = Path(environ["MANDATE_SECRET_KEY_FILE"])
    path.chmod(of_file)
    swift_path.chmod(of_directory)
    found = secret_files.notes(environ)
    assert bool(found) == is_named
    assert all("MANDATE_SECRET_KEY_FILE" in note and str(path) in note for note in found)
