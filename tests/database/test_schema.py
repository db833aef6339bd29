"""The schema that the app requires."""

from __future__ import annotations

from app.database import schema
from tests.drivers.world import World


def test_the_schema_is_current_after_the_migrations(world: World) -> None:
    with world.app.app_context():
        schema.require_current()
        assert schema.current_revision() == schema.required_revision()
