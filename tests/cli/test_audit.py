"""`mandate audit`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.audit import AuditKind
from tests.drivers.command_line import Mandate


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(mandate: Mandate) -> None:
    reason = mandate("audit", "--kind", "user.vanished").reason
    assert all(kind in reason for kind in AuditKind)


def _written(offset: timedelta, form: str) -> str:
    at = datetime.now(UTC) + offset
    return at.strftime(form)


@pytest.mark.parametrize("span", ["30s", "30m", "2h", "7d"])
def test_a_span_counts_back_from_now(mandate: Mandate, span: str) -> None:
    mandate("project", "add", "pay", "--name", "Payments")
    assert len(mandate("audit", "--since", span, "--json").value) == 1


@pytest.mark.parametrize(
    ("offset", "form", "seen"),
    [
        (timedelta(days=-1), "%Y-%m-%d", 1),
        (timedelta(days=1), "%Y-%m-%d", 0),
        (timedelta(hours=-1), "%Y-%m-%dT%H:%M:%S", 1),
        (timedelta(hours=1), "%Y-%m-%dT%H:%M:%S", 0),
        (timedelta(hours=1), "%Y-%m-%dT%H:%M:%S+02:00", 1),  # an hour ahead there is an hour ago
        (timedelta(hours=1), "%Y-%m-%dT%H:%MZ", 0),
    ],
)
def test_an_instant_is_read_in_its_zone_or_in_utc(
    mandate: Mandate, offset: timedelta, form: str, seen: int
) -> None:
    mandate("project", "add", "pay", "--name", "Payments")
    since = _written(offset, form)
    assert len(mandate("audit", "--since", since, "--json").value) == seen


@pytest.mark.parametrize("since", ["yesterday", "", "2h30m", "-1h", "2026-13-01"])
def test_what_is_no_instant_is_refused(mandate: Mandate, since: str) -> None:
    assert mandate("audit", f"--since={since}").reason


@pytest.mark.parametrize("since", ["999999d", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_an_instant_outside_the_calendar_is_refused(mandate: Mandate, since: str) -> None:
    ran = mandate("audit", "--since", since)
    assert ran.code not in (0, 70)
    assert "SELECT" not in ran.err


def test_each_event_is_one_line_for_people(mandate: Mandate) -> None:
    mandate("project", "add", "pay", "--name", "Payments")
    head, event = mandate("audit").out.splitlines()
    assert head.split()[0] == "at"
    assert "project.added" in event
