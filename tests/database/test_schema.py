"""The schema that the app requires."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import flask_migrate
import pytest

from app.database import schema
from app.domain.errors import Misconfigured
from app.settings import resource_dir
from tests.drivers.command_line import environment, outside
from tests.drivers.postgres import Postgres
from tests.drivers.programs import Program
from tests.drivers.world import World

DIRECTORY = str(resource_dir("migrations"))


def test_the_schema_is_current_after_the_migrations(world: World) -> None:
    with world.app.app_context():
        schema.require_usable()
        assert schema.current_revision() == schema.required_revision()


def support(world: World, schema_revision: str, code_revision: str) -> None:
    world.execute(f"UPDATE alembic_version SET version_num = '{schema_revision}'")
    world.execute(f"INSERT INTO schema_support VALUES ('{schema_revision}', '{code_revision}')")


def test_a_newer_schema_that_serves_this_version_is_worked_with(world: World) -> None:
    with world.app.app_context():
        support(world, "9999", schema.required_revision() or "")
        schema.require_usable()
        assert "9999" not in schema.known_revisions()


def test_a_newer_schema_that_serves_other_versions_only_is_refused(world: World) -> None:
    support(world, "9999", "9998")
    with world.app.app_context(), pytest.raises(Misconfigured, match="newer version") as refused:
        schema.require_usable()
    assert "db upgrade" not in refused.value.public


def test_an_older_schema_asks_for_an_upgrade(world: World) -> None:
    with world.app.app_context():
        older = schema.known_revisions()[-2]
        support(world, older, schema.required_revision() or "")
        with pytest.raises(Misconfigured, match="mandate db upgrade"):
            schema.require_usable()


def test_a_schema_serves_its_own_code_and_forgets_it_on_the_way_down(world: World) -> None:
    needed = schema.required_revision()
    rows = "SELECT code_revision FROM schema_support WHERE schema_revision = '{}'"
    assert (needed,) in world.execute(rows.format(needed))
    with world.app.app_context():
        flask_migrate.downgrade(directory=DIRECTORY, revision="0009")
    assert world.execute("SELECT schema_revision, code_revision FROM schema_support") == [
        ("0009", "0009")
    ]


@pytest.mark.slow
def test_three_upgrades_at_once_all_succeed(
    postgres: Postgres, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    postgres.create("three_upgrades")
    request.addfinalizer(lambda: postgres.drop("three_upgrades"))
    for url in (f"sqlite:///{tmp_path}/one.db", postgres.url("three_upgrades")):
        given = {**outside(), **environment(Path("unused")), "MANDATE_DATABASE_URL": url}
        with ExitStack() as stack:
            running = [stack.enter_context(Program(["db", "upgrade"], given)) for _ in range(3)]
            for one in running:
                out, err = one.communicate(timeout=60)
                assert (one.returncode, err) == (0, "")
                assert (schema.required_revision() or "") in out
