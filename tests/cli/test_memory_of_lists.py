"""A list takes as much memory when it is long as when it is short."""

from __future__ import annotations

import pytest

from tests.bench.large_logs import fill, measure
from tests.drivers.deployment import Prepared
from tests.drivers.world import World

EVENTS, AUTHORIZATIONS = 20_000, 4_000
MEGABYTES = (
    8  # between reading a page and reading everything; all of these events take 60 in memory
)


@pytest.fixture(params=["lone_database", "shared_world"])
def url(request: pytest.FixtureRequest) -> str:
    """A database of each kind with much in it."""
    made: Prepared | World = request.getfixturevalue(request.param)
    url = made.url if isinstance(made, Prepared) else made.app.config["SQLALCHEMY_DATABASE_URI"]
    fill(str(url), events=EVENTS, authorizations=AUTHORIZATIONS)
    return str(url)


def test_memory_does_not_grow_with_the_list(url: str) -> None:
    for command, rows, page in (
        (("audit",), EVENTS, 1_000),
        (("audit", "--json"), EVENTS, 1_000),
        (("authorization", "list"), AUTHORIZATIONS, 200),
        (("authorization", "list", "--json"), AUTHORIZATIONS, 200),
    ):
        few = measure(url, *command, "--limit", str(page))
        everything = measure(url, *command)
        assert everything.lines > rows
        assert everything.megabytes < few.megabytes + MEGABYTES, command
