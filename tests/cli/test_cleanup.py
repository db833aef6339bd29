"""`mandate cleanup`: audit events past their time, and how far it is."""

from __future__ import annotations

import json
import os
import pty
import re
from pathlib import Path

import pytest

from tests.drivers.command_line import Mandate, environment, outside
from tests.drivers.events import add_events
from tests.drivers.programs import Program


def test_events_go_after_the_days_of_the_setting(
    mandate: Mandate, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_events(database, 1_200)
    assert json.loads(mandate("cleanup", "--json").out)["audit_events"] == 0
    monkeypatch.setenv("MANDATE_AUDIT_RETENTION", "30")
    assert mandate("cleanup", "--json").value["audit_events"] == 1_200
    told = mandate("audit", "--json").value
    assert {event["kind"] for event in told} == {"audit_events.removed"}
    assert [event["detail"]["count"] for event in told] == [1_000, 200]
    assert mandate("audit", "verify").code == 0


def test_what_it_seals_is_told_and_the_value_is_as_ever(mandate: Mandate, database: Path) -> None:
    add_events(database, 30)
    ran = mandate("cleanup")
    assert re.search(r"^Sealed 30 events\. Head 1:[0-9a-f]{64}$", ran.out, re.MULTILINE)
    assert ran.err == ""
    assert "Sealed" not in mandate("cleanup").out
    add_events(database, 5)
    assert mandate("cleanup", "--json").value["audit_events"] == 0
    assert mandate("audit", "verify").code == 0


def test_a_file_is_told_how_far_it_is_only_if_that_is_asked_for(mandate: Mandate) -> None:
    assert mandate("cleanup").err == ""
    ran = mandate("cleanup", "--progress")
    assert ran.err == "clients: 0 rows removed\n"
    assert ran.out == mandate("cleanup").out


def test_a_terminal_is_told_how_far_it_is(mandate: Mandate, database: Path) -> None:
    ours, theirs = pty.openpty()
    settings = {**outside(), **environment(database)}
    with (
        os.fdopen(theirs, "wb", buffering=0) as terminal,
        Program(["cleanup", "--json"], settings, stderr=terminal) as program,
    ):
        said, _ = program.communicate()
        assert program.returncode == 0
    told = os.read(ours, 10_000).decode()
    os.close(ours)
    assert told.startswith("\rclients: 0 rows removed\x1b[K")
    assert told.endswith("\r\x1b[K")
    assert said.startswith("{")
