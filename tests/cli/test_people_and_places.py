"""`mandate user`, `project`, `member` and `mcp-server`."""

from __future__ import annotations

import pytest

from tests.drivers.command_line import Mandate

ADA = ("user", "add", "ada", "--email", "ada@example.org")
PASSWORD = b"a long sentence for ada\n"
URL = "https://mcp.example/ledger"


def test_a_password_that_is_made_is_shown_once_and_strong(mandate: Mandate) -> None:
    made = mandate(*ADA, "--admin", "--json").value
    assert len(made["password"]) == 24
    assert made["admin"] is True
    assert made["password"] not in mandate("user", "list", "--json").out
    assert made["password"] not in mandate("audit", "--json").out


def test_people_are_shown_the_made_password_too(mandate: Mandate) -> None:
    assert "assword" in mandate(*ADA).out


def test_a_password_from_stdin_is_not_repeated(mandate: Mandate) -> None:
    ran = mandate(*ADA, "--password-stdin", "--json", stdin=PASSWORD)
    assert "password" not in ran.value
    assert PASSWORD.decode().strip() not in ran.out


@pytest.mark.parametrize("stdin", [b"", b"\n", b"short\n"])
def test_a_missing_or_weak_password_adds_nobody(mandate: Mandate, stdin: bytes) -> None:
    assert mandate(*ADA, "--password-stdin", stdin=stdin).reason
    assert mandate("user", "list", "--json").value == []


@pytest.mark.parametrize("again", ["ada", "ADA"])
def test_a_name_in_any_spelling_is_taken_once(mandate: Mandate, again: str) -> None:
    mandate(*ADA)
    assert "already" in mandate("user", "add", again, "--email", "b@example.org").reason


def test_disabling_and_enabling_a_user_is_recorded_once_each(mandate: Mandate) -> None:
    mandate(*ADA)
    assert mandate("user", "disable", "ada", "--json").value["disabled"] is True
    assert mandate("user", "disable", "ADA@example.org", "--json").value["disabled"] is True
    assert "disabled" in mandate("user", "list").out
    assert mandate("user", "enable", "ada", "--json").value["disabled"] is False
    kinds = [event["kind"] for event in mandate("audit", "--json").value]
    assert kinds == ["user.added", "user.disabled", "user.enabled"]


def test_an_unknown_user_is_named_in_the_reason(mandate: Mandate) -> None:
    assert "'nobody'" in mandate("user", "disable", "nobody").reason


def test_lists_are_aligned_for_people(mandate: Mandate) -> None:
    mandate("project", "add", "a", "--name", "Short")
    mandate("project", "add", "much-longer", "--name", "Long")
    lines = mandate("project", "list").out.splitlines()
    assert lines[1].index("Short") == lines[2].index("Long")


def test_projects_are_added_and_listed(mandate: Mandate) -> None:
    added = mandate("project", "add", "pay", "--name", "Payments", "--json").value
    assert added == {"slug": "pay", "name": "Payments"}
    assert mandate("project", "list", "--json").value == [added]
    assert mandate("project", "add", "pay", "--name", "Again").reason
    assert mandate("project", "add", "No Slug", "--name", "x").reason


def test_a_member_has_the_last_role_that_was_set(mandate: Mandate) -> None:
    mandate(*ADA)
    mandate("project", "add", "pay", "--name", "Payments")
    for role in ("viewer", "admin"):
        value = mandate("member", "set", "pay", "ada", role, "--json").value
        assert value == {"project": "pay", "user": "ada", "role": role}
    assert mandate("member", "remove", "pay", "ada").code == 0
    assert "not a member" in mandate("member", "remove", "pay", "ada").reason


def test_a_role_outside_the_catalog_is_refused_with_those_there_are(mandate: Mandate) -> None:
    reason = mandate("member", "set", "pay", "ada", "king").reason
    assert all(role in reason for role in ("viewer", "editor", "admin"))


def test_mcp_servers_are_added_listed_and_removed(mandate: Mandate) -> None:
    mandate("project", "add", "pay", "--name", "Payments")
    add = ("mcp-server", "add", "ledger", "--project", "pay", "--url", URL, "--name", "Ledger")
    added = mandate(*add, "--json").value
    assert added == {"identifier": "ledger", "name": "Ledger", "project": "pay", "url": URL}
    assert mandate("mcp-server", "list", "--json").value == [added]
    assert mandate(*add).reason
    assert mandate("mcp-server", "remove", "ledger", "--json").value["identifier"] == "ledger"
    assert mandate("mcp-server", "list", "--json").value == []


def test_an_argument_that_is_no_text_is_an_ordinary_refusal(mandate: Mandate) -> None:
    assert mandate("user", "disable", "\udcff").code not in (0, 70)


def test_a_password_that_is_no_utf8_is_an_ordinary_refusal(mandate: Mandate) -> None:
    assert mandate(*ADA, "--password-stdin", stdin=b"\xff" * 20 + b"\n").code not in (0, 70)
