"""The data directory of a demo: private, one demo at a time, and never somebody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.demo.addresses import Addresses
from app.demo.data_dir import OFFLINE, held, read_demo, write_environ
from app.domain.errors import Conflict, Misconfigured
from app.settings import Settings


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_directory_and_its_settings_are_private(tmp_path: Path) -> None:
    with held(tmp_path / "new" / "demo", fresh=False) as data_dir:
        environ = write_environ(data_dir, Addresses(8000))
        assert mode_of(data_dir) == 0o700
        assert mode_of(data_dir / "environ.json") == 0o600
    assert Settings.from_environ(environ).default_audience == "http://127.0.0.1:8001/api"


def test_the_secret_key_and_additions_outlive_a_move(tmp_path: Path) -> None:
    first = write_environ(tmp_path, Addresses(8000))
    file = tmp_path / "environ.json"
    file.write_text(json.dumps({**first, "MANDATE_REFRESH_GRACE": "0"}))
    second = write_environ(tmp_path, Addresses(9000))
    assert second["MANDATE_SECRET_KEY"] == first["MANDATE_SECRET_KEY"]
    assert second["MANDATE_REFRESH_GRACE"] == "0"
    assert second["MANDATE_ISSUER"] == "http://127.0.0.1:9000"
    assert json.loads(file.read_text()) == second


@pytest.mark.parametrize(
    ("decided", "asked"),
    [(None, True), (OFFLINE, True), ("on", False), ("off", False), ("claude.ai", False)],
)
def test_what_somebody_decided_about_documents_stays_and_nothing_else_does(
    tmp_path: Path, decided: str | None, asked: bool
) -> None:
    name = "MANDATE_CLIENT_DOCUMENTS"
    (tmp_path / "environ.json").write_text(json.dumps({name: decided} if decided else {}))
    calls: list[bool] = []

    def written(*, offline: bool) -> str | None:
        def look(_: object) -> bool:
            calls.append(offline)
            return offline

        return write_environ(tmp_path, Addresses(8000), look).get(name)

    assert written(offline=True) == (OFFLINE if asked else decided)
    assert written(offline=False) == (None if asked else decided)
    assert len(calls) == (2 if asked else 0)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_directory_of_somebody_else_is_refused_and_left_alone(
    tmp_path: Path, *, fresh: bool
) -> None:
    (tmp_path / "mandate.db").write_text("precious")
    tmp_path.chmod(0o755)
    with pytest.raises(Misconfigured, match="holds no demo"), held(tmp_path, fresh=fresh):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["mandate.db"]
    assert mode_of(tmp_path) == 0o755


def test_fresh_removes_what_the_demo_made_and_nothing_else(tmp_path: Path) -> None:
    for name in ("environ.json", "demo.json", "mandate.db", "mandate.db-wal", "server.log", "mine"):
        (tmp_path / name).write_text("{}")
    with held(tmp_path, fresh=True):
        assert {p.name for p in tmp_path.iterdir()} == {"demo.lock", "mine"}


def test_two_demos_do_not_share_a_directory(tmp_path: Path) -> None:
    with (
        held(tmp_path, fresh=False),
        pytest.raises(Conflict, match="running"),
        held(tmp_path, fresh=True),
    ):
        pass
    with held(tmp_path, fresh=False):
        pass


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be used"), held(tmp_path / "file", fresh=False):
        pass


def test_a_broken_demo_is_told_apart_from_a_new_one(tmp_path: Path) -> None:
    assert read_demo(tmp_path) is None
    (tmp_path / "demo.json").write_text("{")
    with pytest.raises(Misconfigured, match="--fresh"):
        read_demo(tmp_path)
