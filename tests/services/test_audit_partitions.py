"""On PostgreSQL the audit events are divided by month, and a month goes as a whole."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import flask_migrate
import psycopg
import pytest

from app.domain.audit import AuditKind
from app.extensions import db
from app.services import maintenance
from app.settings import resource_dir
from tests.drivers.audit_log import AuditLog
from tests.drivers.world import World

DIRECTORY = str(resource_dir("migrations"))
PARTITIONS = (
    "SELECT relname FROM pg_class WHERE relname ~ '^audit_events_' AND relkind = 'r' ORDER BY 1"
)
PLACES = "SELECT tableoid::regclass::text FROM audit_events ORDER BY number"
ALONE = {"audit_events_first", "audit_events_rest"}
pytestmark = pytest.mark.slow


@pytest.fixture
def world(shared_world: World) -> World:
    """A world whose clock stands far behind the bound of the first partition."""
    shared_world.clock.at = datetime(2030, 1, 15, tzinfo=UTC)
    return shared_world


def partitions(world: World) -> set[str]:
    return {str(name) for (name,) in world.execute(PARTITIONS)}


def places(world: World) -> list[str]:
    return [str(name) for (name,) in world.execute(PLACES)]


def clean(world: World, days: int = 60) -> int:
    log = AuditLog(world)
    count = log.clean(days)
    assert log.faults() == []
    return count


def test_coming_months_are_added_once_events_have_an_end(world: World) -> None:
    assert partitions(world) == ALONE
    with world.app.app_context():
        maintenance.clean_up(at=world.at)
    assert partitions(world) == ALONE, "months are of no use to who keeps events for ever"
    clean(world)
    months = {f"audit_events_2030_{month:02}" for month in (1, 2, 3, 4)}
    assert partitions(world) - {"audit_events_first"} == months | {"audit_events_rest"}
    world.clock.forward(days=31)
    clean(world)
    assert "audit_events_2030_05" in partitions(world)
    clean(world)


def test_a_month_goes_as_a_whole_and_its_events_are_counted(world: World) -> None:
    clean(world)
    for _ in range(3):
        world.disable_user("cleo")
        world.enable_user("cleo")
    assert places(world)[-6:] == ["audit_events_2030_01"] * 6
    before = len(world.audit())
    world.clock.forward(days=70)
    assert "audit_events_2030_01" in partitions(world)
    assert clean(world) == 0, "a part of that month is younger than 60 days"
    world.clock.forward(days=10)
    assert clean(world) == before
    assert "audit_events_2030_01" not in partitions(world)
    [told] = world.audit()
    assert (told.kind, told.detail["count"]) == (AuditKind.AUDIT_EVENTS_REMOVED, before)


def test_events_before_all_months_go_at_once(world: World) -> None:
    old = len(world.audit())
    assert set(places(world)) == {"audit_events_first"}
    assert clean(world) == old
    assert partitions(world) & ALONE == {"audit_events_rest"}, "the first one went as a whole"


def test_an_event_of_any_time_finds_a_place_and_goes_in_time(world: World) -> None:
    clean(world)
    world.clock.at = datetime(2035, 7, 1, tzinfo=UTC)
    world.disable_user("cleo")
    assert places(world)[-1] == "audit_events_rest"
    clean(world)
    assert "audit_events_2035_07" not in partitions(world), "the rest holds an event of that month"
    assert "audit_events_2035_08" in partitions(world)
    world.clock.forward(days=61)
    kinds = [event.kind for event in world.audit()]
    assert AuditKind.USER_DISABLED in kinds
    assert clean(world) >= 1
    assert AuditKind.USER_DISABLED not in [event.kind for event in world.audit()]


def test_who_reads_a_month_is_not_waited_for(world: World) -> None:
    clean(world)
    world.disable_user("cleo")
    before = len(world.audit())
    world.clock.forward(days=100)
    url = str(world.app.config["SQLALCHEMY_DATABASE_URI"]).replace("+psycopg", "")
    with psycopg.connect(url) as reader:
        reader.execute("SELECT count(*) FROM audit_events_2030_01")
        began = time.monotonic()
        assert clean(world) == 0
        assert time.monotonic() - began < 5
        world.enable_user("cleo")
    assert clean(world) == before


def test_numbers_and_events_are_the_same_after_a_way_down_and_up(world: World) -> None:
    clean(world)
    world.disable_user("cleo")
    before = world.audit()
    with world.app.app_context():
        flask_migrate.downgrade(directory=DIRECTORY, revision="0007")
        assert partitions(world) == set()
        assert world.audit() == before
        world.enable_user("cleo")
        flask_migrate.upgrade(directory=DIRECTORY)
    assert world.audit()[:-1] == before
    assert partitions(world) == ALONE
    world.disable_user("cleo")
    numbers = [event.number for event in world.audit()]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == len(before) + 2


def test_a_migration_that_was_cut_off_is_run_again(world: World) -> None:
    before = world.audit()
    with world.app.app_context():
        flask_migrate.downgrade(directory=DIRECTORY, revision="0006")
        for left in (
            "CREATE INDEX ix_audit_events_kind_made ON audit_events (kind)",
            "CREATE INDEX ux_audit_events_first ON audit_events (kind)",
            "ALTER TABLE audit_events ADD CONSTRAINT ck_audit_events_first CHECK (at < '2500-01-01')",
        ):
            world.execute(left)
        flask_migrate.upgrade(directory=DIRECTORY)
        flask_migrate.check(directory=DIRECTORY)
        db.engine.dispose()
    assert world.audit() == before
