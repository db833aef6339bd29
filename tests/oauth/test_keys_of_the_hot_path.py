"""Every statement of the hot path reads by a primary or unique key: one place can serve it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.database.compiled_select import CompiledStatement
from tests.drivers.tool import Tool
from tests.drivers.world import World

pytestmark = pytest.mark.slow

OTHERS = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND NOT i.indisunique AND NOT c.relispartition
"""
NEVER = {"Seq Scan", "Bitmap Heap Scan", "Hash Join", "Merge Join", "Sort"}


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes_of(part)


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Every statement of the hot path that is run from now on, with its plan."""
    seen: list[tuple[str, dict[str, Any]]] = []
    rows = CompiledStatement.rows

    def watched(self: CompiledStatement, cursor: Any, parameters: Any) -> Any:
        asking = CompiledStatement(f"EXPLAIN (FORMAT JSON) {self.sql}", self.processors)
        [(plan,)] = rows(asking, cursor, parameters)
        found = json.loads(plan) if isinstance(plan, str) else plan
        seen.append((self.sql, found[0]["Plan"]))
        return rows(self, cursor, parameters)

    monkeypatch.setattr(CompiledStatement, "rows", watched)
    return seen


def test_unique_keys_are_enough_for_every_statement(
    shared_world: World, explained: list[tuple[str, dict[str, Any]]]
) -> None:
    others = [name for (name,) in shared_world.execute(OTHERS)]
    assert others
    for name in others:
        shared_world.execute(f"DROP INDEX {name}")
    tool = Tool(shared_world, shared_world.native)
    tokens = tool.tokens()
    assert tool.introspect(tokens["access_token"])["active"]
    assert tool.refresh(tokens["refresh_token"]).status_code == 200
    newer = tool.tokens()
    assert tool.revoke(newer["access_token"]).status_code == 200
    assert len(explained) >= 8
    assert {sql.split()[0] for sql, _ in explained} >= {"SELECT", "WITH"}
    for sql, plan in explained:
        assert not NEVER & {node["Node Type"] for node in nodes_of(plan)}, sql
