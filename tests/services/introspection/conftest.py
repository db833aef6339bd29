"""A token whose uses are noted."""

from __future__ import annotations

import pytest

from app.domain.introspection import Resolution
from tests.drivers.activity_buffer import FLOWS
from tests.drivers.tool import Tool
from tests.drivers.world import World


@pytest.fixture
def used(world: World) -> Resolution:
    """A call of the one session of the one authorization there is."""
    Tool(world, world.native).tokens()
    [[authorization_id, session_id]] = world.execute("SELECT authorization_id, id FROM sessions")
    return Resolution(
        uses=(FLOWS,), authorization_id=str(authorization_id), session=str(session_id)
    )
