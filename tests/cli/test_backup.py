"""`mandate backup` and `mandate restore`, and what they refuse."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.drivers.command_line import Ran, environment, ran_alone
from tests.drivers.live_server import forked, free_port
from tests.drivers.world import World


class Site:
    """A database, its backup, and the commands on them."""

    def __init__(self, database: Path, directory: Path) -> None:
        self.database, self.file = database, directory / "backup.db"
        self.url = f"sqlite:///{database}"

    def run(self, *arguments: str) -> Ran:
        return ran_alone(self.url, *arguments)

    def add(self, *slugs: str) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.executemany(
                "INSERT INTO projects VALUES (?1, ?1, ?1, '2026-01-01 00:00:00.000000')",
                [(slug,) for slug in slugs],
            )

    def slugs(self, path: Path | None = None) -> list[str]:
        with closing(sqlite3.connect(path or self.database)) as connection:
            return [
                slug for (slug,) in connection.execute("SELECT slug FROM projects ORDER BY slug")
            ]

    def kept(self) -> list[Path]:
        return sorted(self.database.parent.glob(f"{self.database.name}.before-*"))

    def others(self) -> set[str]:
        """Return the names of the files that nobody asked for."""
        good = {self.database, self.file, *self.kept()}
        return {path.name for path in self.database.parent.iterdir() if path not in good}


@pytest.fixture
def site(database: Path, tmp_path: Path) -> Site:
    made = Site(database, tmp_path)
    made.add("first")
    return made


def test_a_backup_is_one_whole_file_for_its_owner_alone(site: Site) -> None:
    ran = site.run("backup", str(site.file), "--json").value
    assert ran == {"file": str(site.file), "bytes": site.file.stat().st_size}
    assert stat.S_IMODE(site.file.stat().st_mode) == 0o600
    assert site.slugs(site.file) == ["first"]
    assert site.others() == set()


def test_a_backup_holds_what_was_committed_while_others_write(site: Site) -> None:
    with closing(sqlite3.connect(site.database, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute(
            "INSERT INTO projects VALUES ('p2', 'second', 'x', '2026-01-01 00:00:00.000000')"
        )
        writer.execute("BEGIN IMMEDIATE")
        writer.execute(
            "INSERT INTO projects VALUES ('p3', 'third', 'x', '2026-01-01 00:00:00.000000')"
        )
        assert site.run("backup", str(site.file)).code == 0
        writer.execute("COMMIT")
    assert site.slugs(site.file) == ["first", "second"]
    assert site.slugs() == ["first", "second", "third"]


def test_a_backup_overwrites_only_what_it_is_told_to(site: Site) -> None:
    site.file.write_text("precious")
    ran = site.run("backup", str(site.file))
    assert (ran.code, site.file.read_text()) == (4, "precious")
    assert "exists already" in ran.reason
    assert site.run("backup", str(site.file), "--force").code == 0
    assert site.slugs(site.file) == ["first"]
    assert "the database itself" in site.run("backup", str(site.database), "--force").reason
    assert "cannot be written" in site.run("backup", str(site.file / "x")).reason
    assert site.others() == set()


def test_a_restore_brings_back_the_backup_and_keeps_what_there_was(site: Site) -> None:
    site.run("backup", str(site.file))
    site.add("second")
    ran = site.run("restore", str(site.file), "--json").value
    assert site.slugs() == ["first"]
    [kept] = site.kept()
    assert ran["kept"] == str(kept)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert site.slugs(kept) == ["first", "second"]
    assert site.others() == set()
    assert site.run("check").code == 1
    assert site.run("project", "add", "third", "--name", "Third").code == 0
    assert site.slugs(site.file) == ["first"], "the backup is as it was"


def test_a_backup_of_sqlite_itself_is_taken_too(site: Site) -> None:
    """Its header says that there is a log, which is not there."""
    with (
        closing(sqlite3.connect(site.database)) as read,
        closing(sqlite3.connect(site.file)) as made,
    ):
        read.execute("PRAGMA journal_mode=WAL")
        read.backup(made)
    site.add("second")
    assert site.run("restore", str(site.file)).code == 0
    assert site.slugs() == ["first"]


@pytest.mark.parametrize("before", [None, b"no database at all" * 1_000, b""])
def test_a_database_that_is_lost_or_broken_is_restored(site: Site, before: bytes | None) -> None:
    site.run("backup", str(site.file))
    site.database.unlink()
    if before is not None:
        site.database.write_bytes(before)
    assert site.run("restore", str(site.file)).code == 0
    assert site.slugs() == ["first"]
    assert len(site.kept()) == (before is not None)
    if before:
        assert site.kept()[0].read_bytes() == before


def _damage(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[4_096 * 3 : 4_096 * 9] = b"\xff" * 4_096 * 6
    file.write_bytes(whole)


def _empty(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")


def _older(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda file: file.write_text("x" * 10_000), "not a whole database"),
        (lambda file: file.write_text(""), "not a whole database"),
        (_damage, "not a whole database"),
        (_empty, "not a whole database"),
        (_older, "has schema 0001"),
    ],
)
def test_what_is_no_good_backup_changes_nothing(site: Site, spoil: object, reason: str) -> None:
    site.run("backup", str(site.file))
    site.add("second")
    assert callable(spoil)
    spoil(site.file)
    ran = site.run("restore", str(site.file))
    assert ran.code == 2
    assert reason in ran.reason
    assert site.slugs() == ["first", "second"]
    assert (site.kept(), site.others()) == ([], set())


def test_a_restore_waits_for_nobody_who_has_the_database_open(site: Site, tmp_path: Path) -> None:
    site.run("backup", str(site.file))
    site.add("second")
    port = free_port()
    settings = {**environment(site.database), "MANDATE_ISSUER": f"http://127.0.0.1:{port}"}
    with forked(settings, port=port, workers=1, log=tmp_path / "log"):
        assert site.run("backup", str(site.file), "--force").code == 0
        ran = site.run("restore", str(site.file))
        assert (ran.code, "stop the server first" in ran.reason) == (4, True)
    assert site.slugs() == ["first", "second"]
    assert site.kept() == []
    assert site.run("restore", str(site.file)).code == 0


def test_postgresql_has_programs_of_its_own(shared_world: World, tmp_path: Path) -> None:
    url = str(shared_world.app.config["SQLALCHEMY_DATABASE_URI"])
    file = tmp_path / "backup"
    assert "use pg_dump" in ran_alone(url, "backup", str(file)).reason
    file.write_text("")
    assert "use pg_restore" in ran_alone(url, "restore", str(file)).reason
