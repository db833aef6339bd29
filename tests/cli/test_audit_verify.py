"""`mandate audit verify`, and the heads that are published."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.drivers.command_line import SECRET_KEY, Mandate, Ran, ran_alone
from tests.drivers.events import add_events

HEAD = re.compile(r"^Sealed [\d,]+ events\. Head (\d+:[0-9a-f]{64})$", re.MULTILINE)
OTHER_KEY = "another-one-for-tests-9876543210zyxwvut"


def head_of(ran: Ran) -> str:
    """Return the head that a command has told last."""
    heads: list[str] = HEAD.findall(ran.out)
    return heads[-1]


def spoil(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP TRIGGER IF EXISTS tr_audit_events_stay")
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def head(mandate: Mandate, database: Path) -> str:
    """The head of a log of 2,500 events, which `mandate cleanup` has sealed."""
    add_events(database, 2_500)
    ran = mandate("cleanup")
    assert ran.code == 0
    assert "Sealed 2,500 events. Head 3:" in ran.out
    return head_of(ran)


def test_a_good_log_is_0_and_one_value(mandate: Mandate, head: str) -> None:
    found = mandate("audit", "verify", "--head", head, "--json").value
    number, digest = head.split(":")
    assert (found["ok"], found["findings"], found["counts"]) == (True, [], {})
    assert (found["events"], found["segments"]) == (2_500, 3)
    assert found["head"] == {"number": int(number), "digest": digest}
    assert found["unsealed"] == {"count": 0, "since": None}
    assert found["notes"] == []
    said = mandate("audit", "verify")
    assert said.out.splitlines()[0].endswith(head)
    assert "Without --head" in said.out


def test_tampering_is_1_one_sentence_and_a_line_for_each(
    mandate: Mandate, database: Path, head: str
) -> None:
    spoil(
        database,
        "UPDATE audit_events SET actor = 'x' WHERE number = 7",
        "DELETE FROM audit_events WHERE number IN (9, 2200)",
    )
    ran = mandate("audit", "verify", "--head", head)
    assert ran.code == 1
    assert ran.reason == "the audit log does not match its chain: 1 edited, 2 deleted"
    assert ran.out.splitlines()[1:] == [
        "Event 7 was edited.",
        "Event 9 was deleted.",
        "Event 2200 was deleted.",
    ]
    found = json.loads(mandate("audit", "verify", "--json").out)
    assert (found["ok"], found["counts"]) == (False, {"event.edited": 1, "event.deleted": 2})
    assert found["findings"][0] == {
        "fault": "event.edited",
        "event": 7,
        "segment": 1,
        "text": "Event 7 was edited.",
    }


def test_a_truncation_is_found_by_the_head(mandate: Mandate, database: Path, head: str) -> None:
    spoil(
        database,
        "DELETE FROM audit_segments WHERE number > 1",
        "DELETE FROM audit_events WHERE number > 1000",
    )
    assert mandate("audit", "verify").code == 0
    ran = mandate("audit", "verify", "--head", head)
    assert "truncated" in ran.reason
    assert "Segments 2 to 3 were cut off" in ran.out


def test_events_that_are_not_sealed_are_told_and_old_ones_warned_of(
    mandate: Mandate, database: Path
) -> None:
    mandate("project", "add", "pay", "--name", "Payments")
    said = mandate("audit", "verify").out
    assert "1 events are not sealed yet" in said
    assert "warning" not in said
    spoil(database, "UPDATE audit_events SET at = '2026-01-01 00:00:00.000000'")
    ran = mandate("audit", "verify")
    assert (ran.code, "warning: that is long" in ran.out) == (0, True)


def test_a_key_that_is_missing_is_named_and_may_be_given_again(
    mandate: Mandate, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANDATE_SECRET_KEY", OTHER_KEY)
    ran = mandate("audit", "verify")
    assert "segments without their key" in ran.reason
    assert "which is not in MANDATE_SECRET_KEY" in ran.out
    assert SECRET_KEY not in ran.out + ran.err
    monkeypatch.setenv("MANDATE_SECRET_KEY", f"{OTHER_KEY},{SECRET_KEY}")
    assert mandate("audit", "verify", "--head", head).code == 0


@pytest.mark.parametrize("head", ["", "3", "0:" + "a" * 64, "3:abc", "3:" + "g" * 64])
def test_what_is_no_head_is_refused(mandate: Mandate, head: str) -> None:
    ran = mandate("audit", "verify", "--head", head)
    assert (ran.code, "is no head" in ran.reason) == (2, True)


def test_options_of_the_list_do_not_get_lost_before_the_verification(mandate: Mandate) -> None:
    ran = mandate("audit", "--json", "verify")
    assert (ran.code, "give --json behind 'verify'" in ran.reason) == (2, True)
    assert mandate("audit", "--since", "2h", "verify").code == 2


def test_it_says_how_far_it_is_if_that_is_asked_for(mandate: Mandate, head: str) -> None:
    ran = mandate("audit", "verify", "--progress", "--head", head)
    assert ran.err.startswith("1,000 events compared\n")


def test_a_restored_log_verifies_and_says_that_it_was_restored(
    database: Path, tmp_path: Path
) -> None:
    def run(*arguments: str, code: int = 0) -> Ran:
        ran = ran_alone(f"sqlite:///{database}", *arguments)
        assert ran.code == code, ran
        return ran

    run("project", "add", "pay", "--name", "Payments")
    run("cleanup")
    file = tmp_path / "backup.db"
    run("backup", str(file))
    run("project", "add", "web", "--name", "Website")
    head = head_of(run("cleanup"))
    run("restore", str(file))
    run("audit", "verify")
    run("cleanup")
    ran = run("audit", "verify", "--head", head, code=1)
    assert "is not the one whose head was published" in ran.out
    assert "tells of a restore" in ran.out
