"""`mandate audit`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.audit import AuditKind
from tests.drivers.command_line import ADA, Mandate
from tests.drivers.events import RARE, add_events


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


def test_a_collector_gets_one_object_a_line_and_reads_on(mandate: Mandate) -> None:
    mandate(*ADA)
    mandate("project", "add", "pay", "--name", "Payments")
    mandate("member", "set", "pay", "ada", "viewer")
    lines = [json.loads(line) for line in mandate("audit", "--ocsf").out.splitlines()]
    assert [line["type_uid"] for line in lines] == [300101, 300401, 300107]
    assert [line["metadata"]["sequence"] for line in lines] == [1, 2, 3]
    last = mandate("audit", "--ocsf", "--json", "--after", "2").out
    assert json.loads(last) == lines[-1], "it is the same with --json"
    assert mandate("audit", "--ocsf", "--after", "3").out == ""


def test_a_number_and_a_limit_read_on(mandate: Mandate, database: Path) -> None:
    add_events(database, 2_500)
    everything = mandate("audit", "--json").value
    assert [event["number"] for event in everything] == list(range(1, 2_501))
    read: list[dict[str, object]] = []
    while page := mandate(
        "audit", "--json", "--limit", "1100", "--after", str(read[-1]["number"] if read else 0)
    ).value:
        read += page
    assert read == everything
    assert len(mandate("audit", "--limit", "3").out.splitlines()) == 4


def test_filters_go_together(mandate: Mandate, database: Path) -> None:
    mandate(*ADA)
    (ada,) = mandate("user", "list", "--json").value
    mandate("project", "add", "pay", "--name", "Payments")
    for role in ("viewer", "editor", "admin"):
        mandate("member", "set", "pay", "ada", role)
    mandate("user", "disable", "ada")
    add_events(database, 1_500)

    def seen(*arguments: str) -> list[str]:
        return [event["kind"] for event in mandate("audit", *arguments, "--json").value]

    assert seen("--user", "Ada@example.org") == ["membership.set"] * 3 + ["user.disabled"]
    assert (
        seen("--user", "ada", "--kind", "membership.set", "--limit", "2") == ["membership.set"] * 2
    )
    assert seen("--kind", RARE) == ["user.disabled"] * 2
    assert seen("--kind", RARE, "--since", "1h") == ["user.disabled"]
    assert seen("--user", "ada", "--since", "9999-01-01") == []
    assert ada["id"] not in str(mandate("audit", "--kind", "project.added", "--json").value)


def test_a_tool_is_named_by_its_client_id(mandate: Mandate) -> None:
    added = mandate(
        "client", "add", "--name", "x", "--redirect-uri", "https://x.example/cb", "--json"
    )
    name = added.value["client_id"]
    mandate("client", "disable", name)
    kinds = [event["kind"] for event in mandate("audit", "--tool", name, "--json").value]
    assert kinds == ["client.added", "client.disabled"]


def test_an_instant_finds_events_whose_numbers_are_not_in_its_order(
    mandate: Mandate, database: Path
) -> None:
    """A number is given when an event is written, an instant when its request came."""
    add_events(database, 10)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP TRIGGER tr_audit_events_stay")
        connection.execute(
            "UPDATE audit_events SET at = '2027-01-01 00:00:00.000000' WHERE number IN (3, 7)"
        )
        connection.execute(
            "UPDATE audit_events SET at = '2027-01-02 00:00:00.000000' WHERE number = 2"
        )
    found = mandate("audit", "--since", "2027-01-01", "--json").value
    assert [event["number"] for event in found] == [2, 3, 7]
    assert [
        e["number"]
        for e in mandate("audit", "--since", "2027-01-01", "--after", "2", "--json").value
    ] == [3, 7]


@pytest.mark.parametrize(
    "words", [("--after", "-1"), ("--after", "9" * 20), ("--limit", "0"), ("--user", "nobody")]
)
def test_what_cannot_be_is_one_line(mandate: Mandate, words: tuple[str, ...]) -> None:
    assert mandate("audit", *words).code in (2, 3)
    assert mandate("audit", *words).reason
