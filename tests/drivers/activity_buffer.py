"""A buffer of calls that were noted, and what is written of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.database.transactions import reading
from app.domain.delegation.usage import Use
from app.domain.introspection import Resolution
from app.models import Authorization, ClientSession
from app.services.introspection import activity
from app.services.introspection.activity import ActivityBuffer, ActivityCount
from tests.drivers.world import World

FLOWS = Use("flows:edit", "payments")
LEDGER = Use("mcp", "", "ledger")


def note(
    buffer: ActivityBuffer, call: Resolution, at: datetime, address: str = "192.0.2.1"
) -> None:
    buffer.note(call, resource_server="api", address=address, at=at)


def flush(world: World, buffer: ActivityBuffer) -> int:
    with world.app.app_context():
        return buffer.flush()


def rows(world: World, call: Resolution) -> list[ActivityCount]:
    with world.app.app_context(), reading() as session:
        return activity.of_authorization(session, call.authorization_id)


def used_at(world: World) -> list[datetime | None]:
    """Return when the authorization and the session were used last."""
    with world.app.app_context(), reading() as session:
        return [
            session.scalar(select(column))
            for column in (Authorization.used_at, ClientSession.used_at)
        ]


def calls(world: World) -> int:
    [[total]] = world.execute("SELECT coalesce(sum(calls), 0) FROM activities")
    return int(str(total))


def others(world: World, used: Resolution, count: int) -> list[Resolution]:
    """Add authorizations beside the one there is, and return a call of each."""
    ids = [f"aut_{number:04}" for number in range(count)]
    for new in ids:
        world.execute(
            "INSERT INTO authorizations "
            "(id, kind, user_id, name, version, capabilities, created_at, updated_at)"
            f" SELECT '{new}', 'api_key', user_id, name, 1, capabilities, created_at, updated_at"
            f" FROM authorizations WHERE id = '{used.authorization_id}'"
        )
    return [replace(used, authorization_id=new, session=f"key_{new}") for new in ids]


def together(*runs: Callable[[], object]) -> None:
    """Run functions at once, and fail when one of them did."""
    start = threading.Barrier(len(runs))

    def run(number: int) -> None:
        start.wait()
        runs[number]()

    with ThreadPoolExecutor(len(runs)) as pool:
        assert list(pool.map(run, range(len(runs)))) == [None] * len(runs)


def last_used(counts: list[ActivityCount]) -> dict[str, datetime]:
    """Return when each credential was used last, refused calls left out."""
    good = sorted((c for c in counts if not c.refused), key=lambda count: count.last_at)
    return {count.credential: count.last_at for count in good}
