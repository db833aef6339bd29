"""`mandate sessions end`."""

from __future__ import annotations

import pytest

from tests.drivers.command_line import ADA, Mandate

NOTHING = dict.fromkeys(
    ("sessions", "browser_sessions", "codes", "pending_requests", "device_codes"), 0
)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--all", "--user", "ada"),
        ("--all", "--after-restore"),
        ("--after-restore", "--issued-after", "2h"),
        ("--all", "--keep-keys"),
        ("--issued-after", "yesterday"),
    ],
)
def test_what_is_to_end_is_said_once(mandate: Mandate, options: tuple[str, ...]) -> None:
    mandate(*ADA)
    ran = mandate("sessions", "end", *options)
    assert ran.code == 2
    assert ran.reason
    assert mandate("audit", "--kind", "sessions.ended", "--json").value == []


@pytest.mark.parametrize(
    "options",
    [
        ("--all",),
        ("--user", "ada"),
        ("--issued-after", "2h"),
        ("--issued-after", "2026-01-01", "--issued-before", "1h", "--user", "ada"),
    ],
)
def test_what_ended_is_counted_and_recorded(mandate: Mandate, options: tuple[str, ...]) -> None:
    mandate(*ADA)
    assert mandate("sessions", "end", *options, "--json").value == NOTHING
    said = mandate("sessions", "end", *options).out
    assert said.startswith("0 sessions of tools, 0 browser sessions, 0 codes")
    first, second = mandate("audit", "--kind", "sessions.ended", "--json").value
    assert (first["actor"], first["detail"]["ended"]) == ("cli", NOTHING)
    assert set(second["detail"]["bounds"]) == {
        option[2:].replace("-", "_") for option in options if option.startswith("--issued")
    }


def test_a_restored_database_is_finished_by_hand(mandate: Mandate) -> None:
    ran = mandate("sessions", "end", "--after-restore", "--keep-keys", "--json").value
    assert ran == {"ended": NOTHING, "paused": {"tools": 0, "api_keys": 0}}
    [event] = mandate("audit", "--kind", "database.restored", "--json").value
    assert event["detail"]["keys_kept"] is True
    assert "paused" in mandate("sessions", "end", "--after-restore").out
