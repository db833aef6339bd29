"""Long lists are read a page at a time, by key."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.database.pages import Order, in_pages
from app.extensions import db
from app.models import Lease, Project
from tests.drivers.world import World


def read(world: World, order: Order, **more: Any) -> list[tuple[Any, ...]]:
    with world.app.app_context():
        made = in_pages(
            select(Lease), order, lambda _, rows: [tuple(r)[1:] for r in rows], page=3, **more
        )
        return list(made)


def fill(world: World, number: int) -> list[tuple[Any, ...]]:
    """Add leases of which many end at one instant, and return their keys in order."""
    rows = [(f"d{n:02}", world.at.replace(microsecond=n // 4)) for n in range(number)]
    with world.app.app_context():
        db.session.add_all([Lease(digest=digest, ends_at=at) for digest, at in rows])
        db.session.commit()
    return sorted((at, digest) for digest, at in rows)


KEY: tuple[InstrumentedAttribute[Any], ...] = (Lease.ends_at, Lease.digest)


@pytest.mark.parametrize("number", [0, 1, 3, 7, 9])
def test_every_row_is_read_once_and_in_order(world: World, number: int) -> None:
    rows = fill(world, number)
    assert read(world, Order(KEY)) == rows
    assert read(world, Order(KEY, is_descending=True)) == rows[::-1]
    digests = sorted((digest,) for _, digest in rows)
    assert read(world, Order((Lease.digest,))) == digests
    assert read(world, Order((Lease.digest,), is_descending=True)) == digests[::-1]


def test_a_list_begins_after_a_key_and_has_a_limit(world: World) -> None:
    rows = fill(world, 10)
    for limit in (1, 3, 4, 20):
        assert read(world, Order(KEY, rows[2]), limit=limit) == rows[3 : 3 + limit]
        downwards = Order(KEY, rows[7], is_descending=True)
        assert read(world, downwards, limit=limit) == rows[:7][::-1][:limit]


def test_nobody_waits_for_a_list_that_is_being_read(lone_world: World) -> None:
    """Between two pages there is no transaction, so the log of SQLite can be written back."""
    fill(lone_world, 10)
    path = lone_world.app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
    with lone_world.app.app_context():
        made = in_pages(
            select(Lease),
            Order((Lease.digest,)),
            lambda _, rows: [r[0].digest for r in rows],
            page=3,
        )
        assert next(made) == "d00"
        with closing(sqlite3.connect(path, timeout=1)) as other:
            other.execute("DELETE FROM leases WHERE digest = 'd05'")
            other.commit()
            [busy, log, _] = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert (busy, log) == (0, 0)
        db.session.add(Project(id="prj_x", slug="x", name="x", created_at=lone_world.at))
        db.session.commit()
        assert list(made) == ["d01", "d02", "d03", "d04", "d06", "d07", "d08", "d09"]
