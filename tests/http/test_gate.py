"""The gate: bodies before slots, few slots, and health without either."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

import pytest

from app.database import outage, patience, slots
from app.http import gate
from app.http.deadline import WAITED, Deadline
from app.http.gate import Gate
from app.http.limits import MAX_CHOICE
from app.runtime.audit_thread import thread_of
from tests.drivers.world import World

Answer = tuple[int, dict[str, str], bytes]


class Wall:
    """A gate around an app of the test's own, and what it was handed."""

    def __init__(
        self, world: World, slot_count: int = 2, work: Callable[[], None] | None = None
    ) -> None:
        self.gate = Gate(world.app, slot_count=slot_count, port=1)
        self.gate._app = cast(Any, self._answer)
        self.handed: list[dict[str, Any]] = []
        self._work = work or (lambda: None)

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.handed.append({**environ, "slot": slots.number()})
        self._work()
        start("200 OK", [])
        return [b"done"]

    def ask(self, path: str = "/x", method: str = "GET", **more: Any) -> Answer:
        told: list[Any] = []
        environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "wsgi.input": io.BytesIO(), **more}
        body = b"".join(self.gate(environ, cast(Any, lambda *said: told.extend(said))))
        return int(told[0][:3]), dict(told[1]), body


def test_the_audit_log_is_sealed_behind_each_gate(lone_world: World) -> None:
    assert not thread_of(lone_world.app).is_running()
    Gate(lone_world.app, slot_count=1, port=1)
    assert thread_of(lone_world.app).is_running()


def test_a_request_works_in_a_slot_and_leaves_it(lone_world: World) -> None:
    wall = Wall(lone_world)
    assert [wall.ask()[0] for _ in range(3)] == [200] * 3
    assert [one["slot"] for one in wall.handed] == [1, 1, 1]
    assert slots.number() is None


def test_an_app_that_fails_gives_its_slot_back(lone_world: World) -> None:
    def fail() -> None:
        raise ValueError

    wall = Wall(lone_world, 1, fail)
    for _ in range(3):
        with pytest.raises(ValueError):  # noqa: PT011 - it is the test's own
            wall.ask()
    assert slots.number() is None


@pytest.fixture
def full(lone_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterable[Wall]:
    """A gate whose only slot is taken."""
    monkeypatch.setattr(gate, "WAITS", 0.05)
    is_in, goes = threading.Event(), threading.Event()

    def work() -> None:
        is_in.set()
        assert goes.wait(10)

    wall = Wall(lone_world, 1, work)
    thread = threading.Thread(target=wall.ask)
    thread.start()
    assert is_in.wait(5)
    yield wall
    goes.set()
    thread.join()
    assert wall.ask()[0] == 200


def test_who_waits_too_long_is_told_to_come_again(full: Wall) -> None:
    status, headers, body = full.ask("/oauth/introspect", "POST")
    assert (status, headers["Retry-After"]) == (503, "1")
    assert json.loads(body)["error"] == "temporarily_unavailable"
    assert headers["Cache-Control"] == "no-store"


def test_a_person_gets_a_page_with_a_reference_of_its_own(full: Wall) -> None:
    pages = [full.ask("/settings/authorizations/oauth2") for _ in range(2)]
    for status, headers, body in pages:
        assert (status, headers["Retry-After"]) == (503, "1")
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert f"Reference {headers['X-Request-Id']}".encode() in body
        assert b"Back in a moment" in body
    assert pages[0][1]["X-Request-Id"] != pages[1][1]["X-Request-Id"]


def test_only_a_page_that_was_asked_for_by_get_reloads_itself(full: Wall) -> None:
    asked, sent = (full.ask("/settings/account", method) for method in ("GET", "POST"))
    assert asked[1]["Refresh"] == "2"
    assert "Refresh" not in sent[1]
    assert b"reloads itself" not in sent[2]


def test_making_the_pages_is_no_request(
    lone_world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    Wall(lone_world)
    assert capfd.readouterr().err == ""


def test_while_the_database_fails_nobody_waits_long(
    full: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "WAITS", 60)
    outage.note_failure()
    try:
        began = time.monotonic()
        assert full.ask()[0] == 503
        assert gate.WAITS_IN_TROUBLE <= time.monotonic() - began < 1.0
    finally:
        monkeypatch.setattr(outage._FAILURES, "at", float("-inf"))


def test_health_needs_no_slot(full: Wall) -> None:
    assert full.ask("/healthz")[::2] == (200, b'{"status": "ok"}')
    assert full.ask("/readyz")[::2] == (200, b'{"status": "ok"}')
    assert full.ask("/healthz", "HEAD")[0] == 200


def test_only_the_exact_addresses_are_health(full: Wall) -> None:
    assert full.ask("/healthz", "POST")[0] == 503
    assert full.ask("/healthz/")[0] == 503


def test_a_body_is_read_before_a_slot_is_taken(lone_world: World) -> None:
    wall = Wall(lone_world, 1)

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert wall.gate._turns.is_free()
            return super().read(size)

    more = {"CONTENT_LENGTH": "5", "wsgi.input": Slow(b"a=bcd")}
    assert wall.ask("/oauth/token", "POST", **more)[0] == 200
    assert wall.handed[0]["wsgi.input"].read() == b"a=bcd"


def test_a_body_that_ends_early_is_refused(lone_world: World) -> None:
    wall = Wall(lone_world)
    more = {"CONTENT_LENGTH": "50", "wsgi.input": io.BytesIO(b"a=b")}
    status, _, body = wall.ask("/oauth/token", "POST", **more)
    assert (status, json.loads(body)["error"]) == (408, "invalid_request")
    assert not wall.handed


def test_a_body_without_length_is_read_up_to_what_any_may_have(lone_world: World) -> None:
    wall = Wall(lone_world)
    more = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(b"x" * MAX_CHOICE * 2)}
    assert wall.ask("/oauth/token", "POST", **more)[0] == 200
    assert len(wall.handed[0]["wsgi.input"].read()) == MAX_CHOICE + 1


def test_a_body_that_is_too_large_is_left_unread(lone_world: World) -> None:
    wall = Wall(lone_world)
    body = io.BytesIO(b"x" * 10)
    more = {"CONTENT_LENGTH": str(MAX_CHOICE + 1), "wsgi.input": body}
    assert wall.ask("/oauth/token", "POST", **more)[0] == 200
    assert body.tell() == 0


def test_too_many_bodies_at_once_are_refused_and_pages_go_on(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MAX_READERS", 1)
    wall = Wall(lone_world)
    seen = []

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            more = {"CONTENT_LENGTH": "1", "wsgi.input": io.BytesIO(b"x")}
            seen.append((wall.ask("/oauth/token", "POST", **more)[0], wall.ask("/login")[0]))
            return super().read(size)

    more = {"CONTENT_LENGTH": "3", "wsgi.input": Slow(b"a=b")}
    assert wall.ask("/oauth/token", "POST", **more)[0] == 200
    assert seen == [(503, 200)]
    assert len(wall.gate._readers) == 0


def test_an_issuer_with_a_path_has_its_health_below_it_too(lone_world: World) -> None:
    from dataclasses import replace

    from app.runtime.current import SETTINGS

    own = lone_world.app.extensions[SETTINGS]
    lone_world.app.extensions[SETTINGS] = replace(own, issuer="https://example.org/auth")
    wall = Wall(lone_world)
    assert wall.ask("/auth/healthz")[::2] == (200, b'{"status": "ok"}')


def test_the_wait_for_a_turn_counts_while_the_database_fails(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = Wall(lone_world)
    monkeypatch.setattr(outage._FAILURES, "at", float("-inf"))
    wall.ask()
    monkeypatch.setattr(outage._FAILURES, "at", time.monotonic())
    wall.ask()
    calm, troubled = wall.handed
    assert WAITED not in calm
    assert 0 <= troubled[WAITED] < 1


@pytest.mark.parametrize(("waited", "left"), [(None, 10), (2, 8), (60, 3)])
def test_what_was_waited_is_taken_off_the_span_but_not_all_of_it(
    waited: float | None, left: float
) -> None:
    seen = []

    def app(_environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.append(patience.left())
        return []

    environ = {} if waited is None else {WAITED: waited}
    Deadline(cast(Any, app), 10)(environ, cast(Any, None))
    assert seen == [pytest.approx(left)]
