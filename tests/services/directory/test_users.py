"""Users: what may be added, and one name in every spelling."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.database.transactions import reading
from app.domain.errors import Conflict, Invalid
from app.models import User
from app.services.directory import users
from tests.drivers.world import PASSWORD, World


@pytest.mark.parametrize(
    ("name", "email", "password", "error"),
    [
        ("ben", "new@example.org", None, Conflict),
        ("BEN", "new@example.org", None, Conflict),
        ("new", "Ben@Example.org", None, Conflict),
        ("", "new@example.org", None, Invalid),
        ("a@b", "new@example.org", None, Invalid),
        ("x" * 201, "new@example.org", None, Invalid),
        ("a\nb", "new@example.org", None, Invalid),
        ("new", "nonsense", None, Invalid),
        ("new", "a b@c.d", None, Invalid),
        ("new", "new@example.org", "short", Invalid),
    ],
)
def test_a_user_that_cannot_be_added_is_refused(
    world: World, name: str, email: str, password: str | None, error: type[Exception]
) -> None:
    with world.app.app_context(), pytest.raises(error):
        users.add(
            name,
            email=email,
            password=password or PASSWORD,
            is_admin=False,
            at=world.at,
            actor="test",
        )


def test_names_are_one_in_every_spelling(world: World) -> None:
    with world.app.app_context(), reading() as session:
        ids = {
            users.require(session, n).id
            for n in ("ben", "BEN", "ben@example.org", "Ben@EXAMPLE.org ")
        }
        assert len(ids) == 1
        assert session.scalar(select(User.username).where(User.id.in_(ids))) == "ben"
