"""Migrations: up from nothing, down and up again with data, and nothing left to generate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import inspect

from app.extensions import db
from app.settings import resource_dir
from tests.drivers.tool import Tool
from tests.drivers.world import World

DIRECTORY = str(resource_dir("migrations"))
VERSIONS = sorted((Path(DIRECTORY) / "versions").glob("*.py"))


@pytest.fixture
def context(world: World) -> Iterator[Flask]:
    with world.app.app_context():
        yield world.app


def test_the_tables_are_those_of_the_models(context: Flask) -> None:
    flask_migrate.check(directory=DIRECTORY)


def test_data_survives_each_step_down_and_up_again(world: World) -> None:
    """Every revision after the first keeps what there is; upgrading twice changes nothing."""
    tool = Tool(world, world.native)
    token = tool.tokens()["access_token"]
    with world.app.app_context():
        for _ in VERSIONS[1:]:
            flask_migrate.downgrade(directory=DIRECTORY)
        flask_migrate.upgrade(directory=DIRECTORY)
    assert tool.is_active(token)


def test_a_narrowed_token_does_not_become_a_whole_one_on_the_way_down(world: World) -> None:
    tool = Tool(world, world.native)
    tokens = tool.tokens()
    details = '[{"type": "project", "identifier": "payments"}]'
    narrow = tool.refresh(tokens["refresh_token"], authorization_details=details).get_json()
    assert tool.is_active(narrow["access_token"])
    with world.app.app_context():
        flask_migrate.downgrade(directory=DIRECTORY, revision="0004")
        flask_migrate.upgrade(directory=DIRECTORY)
    assert tool.is_active(tokens["access_token"])
    assert not tool.is_active(narrow["access_token"])


def test_all_the_way_down_leaves_nothing(context: Flask) -> None:
    flask_migrate.downgrade(directory=DIRECTORY, revision="base")
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
    flask_migrate.upgrade(directory=DIRECTORY)
    flask_migrate.check(directory=DIRECTORY)


def test_every_constraint_has_a_name(context: Flask) -> None:
    for table in db.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, table


@pytest.mark.parametrize("path", VERSIONS, ids=lambda p: p.name)
def test_a_revision_imports_nothing_of_the_application(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {"sqlalchemy", "alembic"}
