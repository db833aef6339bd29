"""The demo and a browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.addresses import Addresses
from tests.drivers.demo_browser import Browser
from tests.drivers.demo_process import Process, Start
from tests.drivers.demo_stage import Stage, free_addresses, restore, running_demo


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


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as found:
        yield found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start demos in one data directory; whatever still runs afterwards is ended."""
    started: list[Process] = []

    def run(*more: str, addresses: Addresses | None = None) -> Process:
        process = Process(tmp_path / "demo", addresses or free_addresses(), *more)
        started.append(process)
        return process

    yield run
    for process in started:
        process.close()
