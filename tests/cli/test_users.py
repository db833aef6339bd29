"""`mandate user`."""

from __future__ import annotations

import re

import pytest

from app.domain.credentials.secrets import Prefix, is_well_formed
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


LINK = re.compile(r"http://127\.0\.0\.1:8000/password/(\S+)")


def test_a_link_for_a_new_password_is_shown_once(mandate: Mandate) -> None:
    mandate(*ADA)
    made = mandate("user", "password", "ADA@example.org", "--json").value
    found = LINK.fullmatch(made["link"])
    assert found
    assert is_well_formed(found[1], Prefix.PASSWORD_LINK)
    assert (made["username"], set(made)) == ("ada", {"username", "link", "expires_at"})
    assert found[1] not in mandate("audit", "--json").out
    assert LINK.search(mandate("user", "password", "ada").out)
    events = mandate("audit", "--kind", "user.password_link_issued", "--json").value
    assert [event["actor"] for event in events] == ["cli", "cli"]


def test_a_password_is_set_from_stdin_and_not_repeated(mandate: Mandate) -> None:
    mandate(*ADA)
    ran = mandate("user", "password", "ada", "--password-stdin", "--json", stdin=PASSWORD)
    assert ran.value == {"username": "ada", "sessions_ended": 0}
    assert PASSWORD.decode().strip() not in ran.out + mandate("audit", "--json").out
    for bad in (b"", b"short\n", b"ada@example.org\n", b"\xff" * 20 + b"\n"):
        assert mandate("user", "password", "ada", "--password-stdin", stdin=bad).code == 2
    assert len(mandate("audit", "--kind", "user.password_reset", "--json").value) == 1


def test_a_disabled_user_gets_a_password_and_no_link(mandate: Mandate) -> None:
    mandate(*ADA)
    mandate("user", "disable", "ada")
    assert "enable the user first" in mandate("user", "password", "ada").reason
    assert mandate("user", "password", "ada", "--password-stdin", stdin=PASSWORD).code == 0


def test_signing_out_says_how_much_ended(mandate: Mandate) -> None:
    mandate(*ADA)
    ran = mandate("user", "sign-out", "ada", "--json").value
    assert ran == {"username": "ada", "sessions_ended": 0, "client_sessions_ended": 0}
    assert "0 browser sessions" in mandate("user", "sign-out", "ada", "--tools").out
    assert mandate("audit", "--kind", "user.session_ended", "--json").value == []


def test_enabling_says_what_comes_back(mandate: Mandate) -> None:
    mandate(*ADA)
    ran = mandate("user", "disable", "ada")
    assert "At rest until the user is enabled: 0 tools and 0 API keys." in ran.out
    ran = mandate("user", "enable", "ada")
    assert "To be signed in again: 0 tools. Working again: 0 API keys." in ran.out
    again = mandate("user", "enable", "ada", "--json").value
    assert (again["tools_to_sign_in_again"], again["api_keys_working_again"]) == (0, 0)
    assert "Nothing has changed." in mandate("user", "enable", "ada").out


@pytest.mark.parametrize("verb", ["password", "sign-out", "enable"])
@pytest.mark.parametrize("name", ["nobody", "\udcff", "a\x00b"])
def test_nobody_is_an_ordinary_refusal(mandate: Mandate, verb: str, name: str) -> None:
    assert mandate("user", verb, name).code == 3
