"""`mandate project`."""

from __future__ import annotations

from tests.drivers.command_line import Mandate


def test_projects_are_added_and_listed(mandate: Mandate) -> None:
    added = mandate("project", "add", "pay", "--name", "Payments", "--json").value
    assert added == {"slug": "pay", "name": "Payments"}
    assert mandate("project", "list", "--json").value == [added]
    assert mandate("project", "add", "pay", "--name", "Again").reason
    assert mandate("project", "add", "No Slug", "--name", "x").reason
