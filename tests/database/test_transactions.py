"""Transactions: they do not nest, and a failed one leaves nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.database.transactions import reading, writing
from app.domain.errors import Unavailable
from tests.drivers.world import World


def test_transactions_do_not_nest(world: World) -> None:
    with world.app.app_context(), writing():
        with pytest.raises(RuntimeError), reading():
            pass
        with pytest.raises(RuntimeError), writing():
            pass


@pytest.mark.requirement("XC-14")
def test_a_failed_write_leaves_nothing(world: World) -> None:
    def spoil() -> None:
        with writing() as session:
            session.execute(text("DELETE FROM memberships"))
            raise ValueError("stop")

    with world.app.app_context():
        with pytest.raises(ValueError, match="stop"):
            spoil()
        with reading() as session:
            assert session.scalar(text("SELECT count(*) FROM memberships")) == 8


def test_a_database_that_is_away_is_unavailable(lone_world: World) -> None:
    with lone_world.app.app_context(), pytest.raises(Unavailable) as refusal, reading() as session:
        session.execute(text("SELECT * FROM nowhere"))
    assert "nowhere" not in refusal.value.public
