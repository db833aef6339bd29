"""The checker finds what was lost: here it is taken away behind the server's back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.bench.faults.checker import Checker
from tests.bench.faults.crew import at_work
from tests.bench.faults.fault import plain
from tests.bench.faults.tally import Tally

pytestmark = pytest.mark.slow

LIVING = "SELECT id FROM sessions WHERE ended_at IS NULL"
ONE = f"SELECT min(id) FROM access_tokens WHERE revoked_at IS NULL AND session_id IN ({LIVING})"
OTHER = (
    f"SELECT min(id) FROM access_tokens WHERE revoked_at IS NOT NULL AND session_id IN ({LIVING})"
)


def test_each_kind_of_loss_is_counted(tmp_path: Path) -> None:
    tally = Tally()
    with plain("sqlite", tmp_path) as stage:
        with at_work(stage) as crew:
            time.sleep(3)
        own = f"session_id IN (SELECT id FROM sessions WHERE authorization_id = '{crew.authorization}')"
        standing = "SELECT min(issued_at) FROM access_tokens"
        gone = f"({ONE} AND {own} AND issued_at > ({standing}))"
        stage.select(f"DELETE FROM access_tokens WHERE id = {gone}")
        stage.select(f"UPDATE access_tokens SET revoked_at = NULL WHERE id = ({OTHER} AND {own})")
        stage.select("UPDATE authorizations SET name = 'Edit 0' WHERE name LIKE 'Edit %'")
        Checker(crew, tally).check()
    assert (tally.lost, tally.undone) == (1, 1), tally.words()
    assert tally.forgotten >= 2, "of two people, at two processes"
    assert tally.unresolved == tally.double_families == 0
