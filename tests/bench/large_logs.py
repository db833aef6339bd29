"""Time and memory of the commands on a large database: `python -m tests.bench.large_logs`.

Fills a database with audit events and Authorizations (a tenth as many people), then runs each command
in a process of its own: seconds, and the most memory that the process had. `--events`,
`--authorizations` and `--databases` choose; 5,000,000 events take some minutes and 2 GB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, text

from tests.drivers.command_line import environment, outside
from tests.drivers.deployment import prepared
from tests.drivers.events import RARE, START, events_statement, instant_of
from tests.drivers.postgres import running_postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"
YEAR = 365 * 86_400
# The kernel's own count for a child begins with what its parent had; this one begins with the program.
PROGRAM = """
import atexit
def tell():
    with open("/proc/self/status") as status, open({peak!r}, "w") as peak:
        peak.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))
atexit.register(tell)
from app import main
main()
"""
NUMBERS = (
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
)
PEOPLE = """
    INSERT INTO users (id, username, username_key, email, email_key, password_hash, is_admin, created_at)
    SELECT 'usr_' || n, 'user' || n, 'user' || n, n || '@x.example', n || '@x.example', 'x', false, {at}
    FROM numbers
"""
MEMBERS = """
    INSERT INTO memberships (user_id, project_id, role)
    SELECT 'usr_' || n, projects.id, 'editor' FROM numbers, projects WHERE slug = 'payments'
"""
GIVEN = """
    INSERT INTO authorizations (id, kind, user_id, name, version, capabilities, created_at, updated_at)
    SELECT 'aut_' || n, 'api_key', 'usr_' || (1 + n % {people}), 'Key ' || n, 1, '["api", "flows:edit"]',
        {at}, {at}
    FROM numbers
"""
PARTS = """
    INSERT INTO authorization_projects (authorization_id, project_id, role)
    SELECT 'aut_' || n, projects.id, 'editor' FROM numbers, projects WHERE slug = 'payments'
"""


class Used(NamedTuple):
    """What a command used: seconds, and megabytes at most; `lines` that it wrote."""

    seconds: float
    megabytes: float
    lines: int


def fill(url: str, *, events: int, authorizations: int) -> None:
    """Add events of one year and Authorizations to a prepared database."""
    engine, people = create_engine(url), max(1, authorizations // 10)
    dialect = engine.dialect.name
    at = instant_of(dialect, seconds=YEAR / max(events, authorizations))
    several = (
        (PEOPLE, people),
        (MEMBERS, people),
        (GIVEN, authorizations),
        (PARTS, authorizations),
    )
    first, seconds = 1_000, YEAR / events  # after the events of the world
    made = [events_statement(dialect, first, first + events - 1, users=people, seconds=seconds)]
    for statement, last in several:
        made.append(NUMBERS.format(last=last) + statement.format(at=at, people=people))
    with engine.begin() as connection:
        for statement in made:  # not `text`: JSON has colons
            connection.exec_driver_sql(
                statement.replace("%", "%%") if dialect == POSTGRESQL else statement
            )
    if dialect == POSTGRESQL:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def measure(url: str, *arguments: str, **more: str) -> Used:
    """Run a command to its end and return what it used."""
    settings = {**outside(), **environment(Path("unused")), "MANDATE_DATABASE_URL": url, **more}
    began = time.monotonic()
    with tempfile.NamedTemporaryFile("r") as peak, tempfile.TemporaryFile() as errors:
        command = [sys.executable, "-c", PROGRAM.format(peak=peak.name), *arguments]
        with subprocess.Popen(
            command, env=settings, stdout=subprocess.PIPE, stderr=errors
        ) as process:
            assert process.stdout is not None
            lines = 0
            while piece := process.stdout.read(1 << 20):
                lines += piece.count(b"\n")
        errors.seek(0)
        assert process.returncode == 0, (process.returncode, errors.read())
        return Used(time.monotonic() - began, int(peak.read()) / 1024, lines)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Give the URL of a prepared database of a kind, on the disk, until the block ends."""
    if kind == SQLITE:
        with tempfile.TemporaryDirectory() as directory:
            url = f"sqlite:///{directory}/mandate.db"
            prepared(url)
            yield url
        return
    with running_postgres() as server:
        server.hurry()
        server.create("large_logs")
        prepared(server.url("large_logs"))
        yield server.url("large_logs")


def commands(events: int) -> list[Sequence[str]]:
    """Return the commands that read; with `--since` and `--after` the last thousandth."""
    begins = datetime.fromisoformat(START).replace(tzinfo=UTC)
    since = (begins + timedelta(seconds=YEAR * 0.999)).isoformat()
    return [
        ("audit", "--limit", "1"),
        ("audit",),
        ("audit", "--json"),
        ("audit", "--kind", RARE),
        ("audit", "--user", "user7"),
        ("audit", "--since", since),
        ("audit", "--after", str(int(events * 0.999))),
        ("user", "list"),
        ("authorization", "list", "--limit", "100"),
        ("authorization", "list", "--user", "user7"),
        ("authorization", "list"),
    ]


def _print(kind: str, words: Sequence[str], used: Used) -> None:
    what = " ".join(words)
    row = f"{kind:11} {what:60} {used.seconds:8.1f} {used.megabytes:7.0f} {used.lines:11,}"
    print(row, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--authorizations", type=int, default=300_000)
    parser.add_argument(
        "--databases", nargs="+", choices=[SQLITE, POSTGRESQL], default=[SQLITE, POSTGRESQL]
    )
    chosen = parser.parse_args()
    print(f"{'':11} {'command':60} {'seconds':>8} {'MB':>7} {'lines':>11}")
    for kind in chosen.databases:
        with database(kind) as url:
            began = time.monotonic()
            fill(url, events=chosen.events, authorizations=chosen.authorizations)
            print(f"{kind:11} filled in {time.monotonic() - began:.0f} s", flush=True)
            for words in commands(chosen.events):
                _print(kind, words, measure(url, *words))
            cleanup = ("cleanup", "--progress")
            _print(kind, cleanup, measure(url, *cleanup, MANDATE_AUDIT_RETENTION="30"))
            if kind == SQLITE:
                _print(
                    kind,
                    ("backup",),
                    measure(url, "backup", f"{url.removeprefix('sqlite:///')}.copy"),
                )


if __name__ == "__main__":
    main()
