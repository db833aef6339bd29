"""The demo for clients that are not ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drivers.demo_stage import Stage, restore, running_demo


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A demo for the whole session."""
    with running_demo(tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture
def stage(house: Stage) -> Iterator[Stage]:
    """The demo, in which nobody has delegated anything and everybody has the roles of `demo.json`."""
    yield house
    restore(house)
