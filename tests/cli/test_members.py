"""`mandate member`."""

from __future__ import annotations

from tests.drivers.command_line import ADA, Mandate


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
