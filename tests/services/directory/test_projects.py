"""Projects and their members."""

from __future__ import annotations

import pytest

from app.domain.errors import Conflict, Invalid, NotFound
from app.services.directory import projects
from tests.drivers.world import World


@pytest.mark.parametrize(
    ("slug", "refusal"),
    [
        ("Payments", Invalid),
        ("a b", Invalid),
        ("", Invalid),
        ("-x", Invalid),
        ("x" * 81, Invalid),
        ("é", Invalid),
        ("payments", Conflict),
    ],
)
def test_a_project_that_cannot_be_added_is_refused(
    world: World, slug: str, refusal: type[Exception]
) -> None:
    before = world.execute("SELECT slug FROM projects ORDER BY slug")
    with world.app.app_context(), pytest.raises(refusal):
        projects.add(slug, name="x", at=world.at, actor="test")
    assert world.execute("SELECT slug FROM projects ORDER BY slug") == before


@pytest.mark.parametrize(
    ("slug", "role", "refusal"), [("payments", "king", Invalid), ("nowhere", "viewer", NotFound)]
)
def test_a_member_needs_a_project_and_a_role_that_exist(
    world: World, slug: str, role: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        world.set_member(slug, "ben", role)
    assert world.audit("membership.set")[0].at == world.at
    assert world.execute("SELECT count(*) FROM memberships") == [(8,)]


def test_who_is_no_member_cannot_be_removed(world: World) -> None:
    with pytest.raises(NotFound):
        world.remove_member("sandbox", "ben")
    assert world.audit("membership.removed") == []
