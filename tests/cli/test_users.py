"""`mandate user`."""

from __future__ import annotations

import pytest

from tests.drivers.command_line import ADA, PASSWORD, Mandate


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
    events = mandate("audit", "--json").value
    assert {event["detail"]["address"] for event in events} == {"command line"}


def test_an_unknown_user_is_named_in_the_reason(mandate: Mandate) -> None:
    assert "'nobody'" in mandate("user", "disable", "nobody").reason


def test_lists_are_aligned_for_people(mandate: Mandate) -> None:
    mandate("project", "add", "a", "--name", "Short")
    mandate("project", "add", "much-longer", "--name", "Long")
    lines = mandate("project", "list").out.splitlines()
    assert lines[1].index("Short") == lines[2].index("Long")


def test_an_argument_that_is_no_text_is_an_ordinary_refusal(mandate: Mandate) -> None:
    assert mandate("user", "disable", "\udcff").code not in (0, 70)


def test_a_password_that_is_no_utf8_is_an_ordinary_refusal(mandate: Mandate) -> None:
    assert mandate(*ADA, "--password-stdin", stdin=b"\xff" * 20 + b"\n").code not in (0, 70)
