"""`mandate check`: every fault at once, with its cause, and what stands around the server."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.cli.check import _of_pooler
from app.database import server_clock
from app.http import proxy_probe
from app.http.gate import Gate
from app.http.proxy_probe import HEADER, STRANGER
from app.runtime.audit_thread import thread_of
from app.runtime.clock import now
from app.runtime.pulse import pulse_of
from app.settings import Settings
from tests.drivers.command_line import ADA, Mandate
from tests.drivers.deployment import environment
from tests.drivers.live_server import LOOK_EVERY, free_port
from tests.drivers.pgbouncer import PGBOUNCER, running_pgbouncer
from tests.drivers.postgres import Postgres
from tests.drivers.redis import REDIS, running_redis
from tests.drivers.world import World


def problems(mandate: Mandate) -> list[str]:
    found = json.loads(mandate("check", "--json").out)
    return [str(problem) for problem in found["problems"]]


def test_all_wrong_settings_are_named_at_once(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {
        "MANDATE_SECRET_KEY": "short",
        "MANDATE_CATALOG": "/nowhere.toml",
        "MANDATE_REFRESH_GRACE": "99999",
        "MANDATE_DATABASE_TIMEOUT": "0",
        "MANDATE_NONSENSE": "x",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    found = problems(mandate)
    assert len(found) == len(wrong)
    for name in wrong:
        word = "/nowhere.toml" if name == "MANDATE_CATALOG" else name
        assert sum(word in problem for problem in found) == 1
    assert len(mandate("check").err.splitlines()) == 1


def test_a_wrong_issuer_is_one_fault_and_not_several(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANDATE_ISSUER", "nonsense/")
    assert len(problems(mandate)) == 1


def test_a_database_that_is_away_is_told_in_the_words_of_its_driver(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql+psycopg://mandate:hidden@127.0.0.1:{free_port()}/mandate"
    monkeypatch.setenv("MANDATE_DATABASE_URL", url)
    (found,) = problems(mandate)
    assert "refused" in found
    assert "hidden" not in found


def test_a_command_says_the_cause_when_it_is_asked(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql+psycopg://mandate:hidden@127.0.0.1:{free_port()}/mandate"
    monkeypatch.setenv("MANDATE_DATABASE_URL", url)
    plain, verbose = mandate("user", "list"), mandate("user", "list", "--verbose")
    assert plain.code == verbose.code != 0
    assert "refused" not in plain.reason
    cause, sentence = verbose.err.splitlines()
    assert "refused" in cause
    assert sentence == plain.err.rstrip()
    assert "hidden" not in verbose.err


def test_a_redis_that_does_not_answer_is_named(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch
) -> None:
    mandate(*ADA)
    monkeypatch.setenv("MANDATE_REDIS_URL", f"redis://:hidden@127.0.0.1:{free_port()}/0")
    (found,) = problems(mandate)
    assert "MANDATE_REDIS_URL" in found
    assert "hidden" not in found


@REDIS
@pytest.mark.slow
def test_a_redis_that_answers_is_good(mandate: Mandate, monkeypatch: pytest.MonkeyPatch) -> None:
    mandate(*ADA)
    with running_redis() as redis:
        monkeypatch.setenv("MANDATE_REDIS_URL", redis.url)
        assert problems(mandate) == []


def test_postgresql_and_this_machine_have_the_same_time(shared_world: World) -> None:
    with shared_world.app.app_context():
        shared_world.clock.at = datetime.now(UTC)
        assert abs(server_clock.ahead_by(now())) < 2
        assert server_clock.ahead_by(now() - timedelta(minutes=1)) > 50


@pytest.mark.slow
@PGBOUNCER
def test_a_pooler_that_the_setting_does_not_name_is_named(postgres: Postgres) -> None:
    with running_pgbouncer(postgres, "transaction") as front:
        settings = Settings.from_environ(environment(front + "postgres"))
        (found,) = _of_pooler(settings)
        assert "say transaction" in found
        pooled = replace(settings.database, pooler="transaction")
        assert list(_of_pooler(replace(settings, database=pooled))) == []
    direct = Settings.from_environ(environment(postgres.url("postgres")))
    assert list(_of_pooler(direct)) == []


class Quiet(WSGIRequestHandler):
    """A handler that logs nothing."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def served(world: World, **more: str) -> Iterator[Settings]:
    """The app behind the gate, at an issuer that is no loopback to the settings."""
    port = free_port()
    url = world.app.config["SQLALCHEMY_DATABASE_URI"]
    settings = Settings.from_environ(
        environment(url, MANDATE_ISSUER=f"http://localhost:{port}", **more)
    )
    app = create_app(settings)
    server = make_server(
        "127.0.0.1", port, Gate(app, slot_count=2, port=port), threaded=True, request_handler=Quiet
    )
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_EVERY,))
    thread.start()
    try:
        yield settings
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        pulse_of(app).close()
        thread_of(app).close()


class AsIfOutside(Settings):
    """Settings whose issuer is not taken for loopback."""

    @property
    def is_development(self) -> bool:
        return False


def outside(settings: Settings) -> Settings:
    members = {name: getattr(settings, name) for name in Settings.__dataclass_fields__}
    return AsIfOutside(**members)


def test_the_right_number_of_proxies_is_no_problem(lone_world: World) -> None:
    with served(lone_world) as settings:
        assert proxy_probe.ask(outside(settings)) == proxy_probe.Seen()


def test_a_stranger_who_is_believed_is_a_problem(lone_world: World) -> None:
    with served(lone_world, MANDATE_PROXY_HOPS="1") as settings:
        (found,) = proxy_probe.ask(outside(settings)).problems
    assert "stranger" in found


@pytest.mark.parametrize(
    ("hops", "entries", "address", "words"),
    [
        (1, [STRANGER, "203.0.113.9"], "203.0.113.9", []),
        (1, ["203.0.113.9"], "203.0.113.9", []),
        (0, [STRANGER], "127.0.0.1", []),
        (0, [STRANGER, "203.0.113.9"], "127.0.0.1", ["1 proxies say"]),
        (1, [STRANGER, "203.0.113.9", "10.0.0.1"], "10.0.0.1", ["2 proxies say"]),
        (2, [STRANGER, "203.0.113.9"], STRANGER, ["stranger"]),
    ],
)
def test_what_the_server_sees_is_judged(
    hops: int, entries: list[str], address: str, words: list[str]
) -> None:
    settings = Settings.from_environ(
        environment("sqlite:////nowhere/x.db", MANDATE_PROXY_HOPS=str(hops))
    )
    seen = {"host": "127.0.0.1:8000", "forwarded": entries, "address": address}
    found = proxy_probe._problems(seen, settings)
    assert len(found) == len(words)
    assert all(word in problem for word, problem in zip(words, found, strict=True))


def test_another_host_is_a_problem() -> None:
    settings = Settings.from_environ(environment("sqlite:////nowhere/x.db"))
    seen = {"host": "backend:8000", "forwarded": [], "address": "127.0.0.1"}
    (found,) = proxy_probe._problems(seen, settings)
    assert "'backend:8000'" in found


@pytest.mark.parametrize("question", ["", "ask", "ask.x.y"])
def test_strangers_are_told_nothing(lone_world: World, question: str) -> None:
    answer = lone_world.app.test_client().get("/readyz", headers={HEADER: question})
    assert answer.get_json() == {"status": "ok"}


def test_an_issuer_that_does_not_answer_is_worth_knowing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = Settings.from_environ(
            environment("sqlite:////nowhere/x.db", MANDATE_ISSUER=f"http://localhost:{port}")
        )
        found = proxy_probe.ask(outside(settings))
    assert found.problems == []
    assert "does not answer" in found.notes[0]


def test_a_check_is_quick_when_the_database_is_missing(
    mandate: Mandate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MANDATE_DATABASE_URL", f"sqlite:///{tmp_path}/nowhere/x.db")
    assert "unable to open" in problems(mandate)[0]
