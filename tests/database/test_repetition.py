"""Transactions that lose against others run again; the core of the suite holds under SERIALIZABLE."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import threading

import psycopg
import pytest
from sqlalchemy import text

from app.database import repetition
from app.database.repetition import PAUSES, has_lost, repeated
from app.database.transactions import writing
from app.domain.errors import Conflict, Unavailable
from tests.check import ROOT
from tests.drivers.postgres import CONTENTIOUS
from tests.drivers.world import World

CORE = [
    f"tests/{name}.py"
    for name in (
        "oauth/test_rfc6749_code",
        "oauth/test_rfc6749_refresh",
        "oauth/test_rfc7009_revocation",
        "oauth/test_fast_redemption",
        "web/test_consent",
        "web/test_editor",
    )
]


def lost() -> Unavailable:
    error = Unavailable("It lost.")
    error.has_lost = True
    return error


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repetition, "PAUSES", (0.0,) * len(PAUSES))


def test_what_lost_runs_again_and_its_answer_counts() -> None:
    tries = []

    @repeated
    def work(answer: int) -> int:
        tries.append(answer)
        if len(tries) < 3:
            raise lost()
        return answer

    assert work(7) == 7
    assert tries == [7, 7, 7]


def test_it_runs_so_many_times_and_who_called_does_not_multiply_them() -> None:
    tries = []

    @repeated
    def inner() -> None:
        tries.append(1)
        raise lost()

    @repeated
    def outer() -> None:
        inner()

    with pytest.raises(Unavailable):
        outer()
    assert len(tries) == len(PAUSES) + 1


@pytest.mark.parametrize("error", [Unavailable("It is away."), Conflict("It is there.")])
def test_other_refusals_are_not_repeated(error: Exception) -> None:
    tries = []

    @repeated
    def work() -> None:
        tries.append(1)
        raise error

    with pytest.raises(type(error)):
        work()
    assert tries == [1]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.LockNotAvailable(), False),
        (psycopg.errors.UniqueViolation(), False),
        (None, False),
    ],
)
def test_only_a_lost_transaction_is_one(error: Exception | None, *, answer: bool) -> None:
    assert has_lost(error) is answer


@pytest.mark.slow
def test_two_that_block_each_other_both_get_through(shared_world: World) -> None:
    """A real deadlock: each holds a row that the other wants."""
    both = threading.Barrier(2, timeout=10)
    met: list[str] = []

    @repeated
    def work(names: tuple[str, str]) -> None:
        with writing() as session:
            for name in names:
                statement = "UPDATE users SET email = email WHERE username = :name"
                session.execute(text(statement), {"name": name})
                if name == names[0] and len(met) < 2:
                    met.append(name)
                    both.wait()

    def run(*names: str) -> None:
        with shared_world.app.app_context():
            work((names[0], names[1]))
            done.append(names)

    done: list[tuple[str, ...]] = []
    threads = [threading.Thread(target=run, args=one) for one in (("ben", "ada"), ("ada", "ben"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 2


def test_every_function_with_a_transaction_of_its_own_is_repeated() -> None:
    """A generator cannot be run again: there the caller is repeated."""
    for path in (ROOT / "app/services").rglob("*.py"):
        for found in ast.walk(ast.parse(path.read_text())):
            if not isinstance(found, ast.FunctionDef):
                continue
            own = list(_own_nodes(found))
            begins = [n for n in own if isinstance(n, ast.With) and _begins(n)]
            if begins and not any(isinstance(n, ast.Yield) for n in own):
                names = [ast.unparse(one) for one in found.decorator_list]
                assert "repeated" in names, f"{path}: {found.name}"


def _begins(block: ast.With) -> bool:
    return any(re.match(r"(reading|writing)\(\)", ast.unparse(item)) for item in block.items)


def _own_nodes(function: ast.FunctionDef) -> list[ast.AST]:
    found: list[ast.AST] = []
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            found.append(node)
            waiting += ast.iter_child_nodes(node)
    return found


@pytest.mark.slow
def test_the_core_of_the_suite_holds_when_everything_is_serializable_and_some_lose() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-k", "postgresql", *CORE]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, CONTENTIOUS: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert re.search(r"\d{2} passed", ran.stdout)
