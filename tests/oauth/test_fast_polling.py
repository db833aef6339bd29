"""The short way of a device that waits and the long way answer alike and keep the same pace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.services.tokens import poll_at_once
from tests.drivers.clock import Clock
from tests.drivers.device import Device, device_of, error_of
from tests.drivers.short_way import long_requests, only_long
from tests.drivers.world import World

OWN_HEADERS = ("X-Request-Id", "Content-Length")
PACES = "SELECT interval, polled_at FROM device_codes ORDER BY created_at, digest"


def told(answer: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    headers = {n: v for n, v in answer.headers.items() if n not in OWN_HEADERS}
    return answer.status_code, answer.get_json(), headers


def paces(world: World) -> tuple[Any, Any]:
    first, second = world.execute(PACES)
    return tuple(first), tuple(second)


@pytest.mark.requirement("DV-04")
@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_a_device_that_waits_takes_the_short_way_and_is_told_the_same(
    world: World, clock: Clock, method: str
) -> None:
    device = device_of(world, method=method)
    one = device.asked["device_code"]
    device.ask()
    other = device.asked["device_code"]
    seen = []
    for seconds in (0, 5, 1, 5, 10, 4, 4, 20):
        clock.forward(seconds=seconds)
        if seconds == 10:
            device.type()
        with long_requests(world.app) as went_long:
            short = device.poll(one)
        with only_long(world.app):
            long = device.poll(other)
        assert told(short) == told(long)
        first, second = paces(world)
        assert first == second
        assert went_long == []
        seen.append(error_of(short)[1])
    assert set(seen) == {"authorization_pending", "slow_down"}


def spent_and_swept(device: Device) -> None:
    device.answer("approve")
    device.poll()
    device.world.execute("DELETE FROM authorization_requests")


ENDS: dict[str, tuple[Callable[[Device], object], dict[str, str], int]] = {
    "approved": (lambda device: device.answer("approve"), {}, 200),
    "denied": (lambda device: device.answer("deny"), {}, 400),
    "spent": (spent_and_swept, {}, 400),
    "old": (lambda device: device.world.clock.forward(seconds=901), {}, 400),
    "unknown code": (lambda _device: None, {"device_code": "mdtd_unknown"}, 400),
    "unknown field": (lambda _device: None, {"device": "x"}, 400),
    "client": (lambda device: device.world.disable_client(device.client), {}, 401),
    "other client": (lambda _device: None, {"client_id": "somebody"}, 401),
    "secret": (lambda _device: None, {"client_secret": "guessed"}, 401),
    "grant": (
        lambda device: device.world.execute(
            "UPDATE clients SET grant_types = '[\"refresh_token\"]'"
        ),
        {},
        400,
    ),
}


@pytest.mark.requirement("DV-03")
@pytest.mark.parametrize("end", list(ENDS))
def test_whatever_is_more_than_waiting_takes_the_long_way(world: World, end: str) -> None:
    change, more, status = ENDS[end]
    device = device_of(world)
    change(device)
    with long_requests(world.app) as went_long:
        answer = device.poll(**more)
    assert answer.status_code == status
    assert went_long == ["/oauth/token"]


def overtake(monkeypatch: pytest.MonkeyPatch, event: Callable[[], object]) -> None:
    """Let something happen between the reading and the writing of the next poll."""
    read = poll_at_once.find
    events = [event]

    def read_then_change(*asked: Any) -> Any:
        found = read(*asked)
        while events:
            events.pop()()
        return found

    monkeypatch.setattr(poll_at_once, "find", read_then_change)


@pytest.mark.requirement("DV-03")
def test_a_poll_that_was_overtaken_by_the_one_that_got_tokens_is_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = device_of(world)

    def tokens() -> None:
        device.answer("approve")
        assert device.poll().status_code == 200

    overtake(monkeypatch, tokens)
    assert error_of(device.poll()) == (400, "invalid_grant")
    assert world.execute("SELECT polled_at FROM device_codes") == [(None,)]


@pytest.mark.requirement("DV-04")
def test_a_poll_that_was_overtaken_by_another_is_judged_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = device_of(world)

    def pending() -> None:
        assert error_of(device.poll()) == (400, "authorization_pending")

    overtake(monkeypatch, pending)
    with long_requests(world.app) as went_long:
        assert error_of(device.poll()) == (400, "slow_down")
    assert went_long == ["/oauth/token"]
    assert world.execute("SELECT interval FROM device_codes") == [(10,)]
