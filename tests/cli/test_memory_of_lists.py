"""A list takes as much memory when it is long as when it is short."""

from __future__ import annotations

from tests.bench.large_logs import fill, measure
from tests.drivers.deployment import Prepared

EVENTS, AUTHORIZATIONS = 12_000, 1_500
MEGABYTES = 8  # all of these events take more than 30 in memory


def test_memory_does_not_grow_with_the_list(lone_database: Prepared) -> None:
    """On both databases and at full size: `python -m tests.bench.large_logs`."""
    url = lone_database.url
    fill(url, events=EVENTS, authorizations=AUTHORIZATIONS)
    for command, rows, page in (
        (("audit", "--json"), EVENTS, 1_000),
        (("authorization", "list"), AUTHORIZATIONS, 200),
    ):
        few = measure(url, *command, "--limit", str(page))
        everything = measure(url, *command)
        assert everything.lines > rows
        assert everything.megabytes < few.megabytes + MEGABYTES, command
