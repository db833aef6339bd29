"""Clients and devices of the protocol."""

from __future__ import annotations

import pytest

from tests.drivers.device import Device, device_of
from tests.drivers.tool import Tool
from tests.drivers.world import World


@pytest.fixture
def box(world: World) -> Device:
    return device_of(world)


@pytest.fixture
def lone_box(lone_world: World) -> Device:
    return device_of(lone_world)


@pytest.fixture
def spa(lone_world: World) -> Tool:
    """A public client with an https redirect URI, in ben's browser."""
    return Tool(lone_world, lone_world.spa).sign_in()
