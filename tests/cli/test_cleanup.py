"""`mandate cleanup`: audit events past their time, and how far it is."""

from __future__ import annotations

import os
import pty
from pathlib import Path

import pytest

from tests.drivers.command_line import Mandate, environment, outside
from tests.drivers.events import add_events
from tests.drivers.programs import Program


def test_events_go_after_the_days_of_the_setting(
    mandate: Mandate, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_events(database, 1_200)
    assert mandate("cleanup", "--json").value["audit_events"] == 0
    monkeypatch.setenv("MANDATE_AUDIT_RETENTION", "30")
    assert mandate("cleanup", "--json").value["audit_events"] == 1_200
    (event,) = mandate("audit", "--json").value
    assert (event["kind"], event["detail"]["count"]) == ("audit_events.removed", 1_200)


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
