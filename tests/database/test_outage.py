"""A database that hangs: one waits in vain, the others are told at once."""

from __future__ import annotations

import pytest

from app.database import outage
from app.database.outage import Outage


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the outage's clock, which the test moves."""
    at = [1_000.0]
    monkeypatch.setattr("app.database.outage.time.monotonic", lambda: at[0])
    return at


def test_one_asks_again_after_a_pause_and_the_others_do_not(seconds: list[float]) -> None:
    one = Outage()
    assert not one.is_on()
    one.begins()
    assert [one.is_on(), one.is_on()] == [True, True]
    seconds[0] += outage.PAUSE
    assert [one.is_on(), one.is_on()] == [False, True]
    seconds[0] += outage.PAUSE
    assert [one.is_on(), one.is_on()] == [False, True]


def test_it_ends_with_the_first_answer(seconds: list[float]) -> None:
    one = Outage()
    one.begins()
    one.ends()
    assert not one.is_on()


def test_it_is_logged_once(seconds: list[float], capfd: pytest.CaptureFixture[str]) -> None:
    one = Outage()
    one.begins()
    one.begins()
    one.ends()
    one.ends()
    told = capfd.readouterr()
    assert (told.out + told.err).count("database.hangs") == 1
    assert (told.out + told.err).count("database.answers") == 1


def test_all_engines_of_a_database_share_it() -> None:
    assert outage.outage_of("one") is outage.outage_of("one")
    assert outage.outage_of("one") is not outage.outage_of("two")
