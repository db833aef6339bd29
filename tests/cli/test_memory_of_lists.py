"""A list takes as much memory when it is long as when it is short."""

from __future__ import annotations

import pytest

from tests.bench.large_logs import fill, measure
from tests.drivers.deployment import Prepared
from tests.drivers.world import World

EVENTS, AUTHORIZATIONS = 12_000, 1_500
MEGABYTES = 8  # all of these events take more than 30 in memory


@pytest.mark.parametrize("kind", ["lone_database", "shared_world"])
def test_memory_does_not_grow_with_the_list(kind: str, request: pytest.FixtureRequest) -> None:
    made: Prepared | World = request.getfixturevalue(kind)
    url = made.url if isinstance(made, Prepared) else made.app.config["SQLALCHEMY_DATABASE_URI"]
    fill(str(url), events=EVENTS, authorizations=AUTHORIZATIONS)
    for command, rows, page in (
        (("audit", "--json"), EVENTS, 1_000),
        (("authorization", "list"), AUTHORIZATIONS, 200),
    ):
        few = measure(str(url), *command, "--limit", str(page))
        everything = measure(str(url), *command)
        assert everything.lines > rows
        assert everything.megabytes < few.megabytes + MEGABYTES, command
