"""The most telling faults, each for a moment: nothing that was acknowledged is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.faults.catalog import FAULTS
from tests.bench.faults.fault import run
from tests.bench.faults.stage import POSTGRESQL, SQLITE, Stage, stage
from tests.bench.faults.tally import Tally
from tests.drivers.postgres import Postgres
from tests.drivers.redis import REDIS

pytestmark = pytest.mark.slow

AROUND, LASTS = 0.5, 5.5  # seconds
SLOW = 4.0  # seconds: the programs ask for two, which a busy machine doubles


def must_be_good(tally: Tally) -> None:
    assert tally.is_good, tally.words()
    assert min(tally.tokens, tally.revocations, tally.edits) > 0, tally.words()


@pytest.mark.parametrize("name", ["stopped-postgresql", "locked-table"])
def test_a_database_that_hangs_costs_nothing_but_refusals(postgres: Postgres, name: str) -> None:
    @contextmanager
    def place(_kind: str, directory: Path) -> Iterator[Stage]:
        known = postgres.world
        with (
            postgres.fresh() as url,
            stage(url, directory, postgres=postgres, known=known) as made,
        ):
            yield made

    tally = run(replace(FAULTS[name], place=place), POSTGRESQL, LASTS, around=AROUND, slow=SLOW)
    must_be_good(tally)
    assert tally.refused > 0


def test_a_worker_that_is_killed_takes_nothing_with_it() -> None:
    must_be_good(run(FAULTS["killed-worker"], SQLITE, LASTS / 2, around=AROUND, slow=SLOW))


@REDIS
def test_people_sign_in_while_redis_hangs() -> None:
    must_be_good(run(FAULTS["stopped-redis"], SQLITE, LASTS / 2, around=AROUND, slow=SLOW))
