"""`mandate db upgrade`."""

import logging
from dataclasses import asdict

import click

from app.cli.base import Reply, command, table
from app.database import schema, upgrade_plan
from app.database.upgrade_plan import Step


@click.group()
def db() -> None:
    """The database."""


@command("upgrade", group=db, needs_schema=False)
@click.option(
    "--plan", "is_plan", is_flag=True, help="Only say what would be done, and what waits."
)
def upgrade(*, is_plan: bool) -> Reply:
    """Bring the database to the current schema."""
    if is_plan:
        return _told(upgrade_plan.plan())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    revision = schema.upgrade()
    return Reply({"revision": revision}, f"The database has schema {revision}.")


def _told(steps: list[Step]) -> Reply:
    if not steps:
        return Reply([], "There is nothing to upgrade.")
    rows = []
    for step in steps:
        name = f"{step.revision} {step.title}"
        for lock in step.locks:
            long = f"about {lock.seconds:,.0f} s" if lock.seconds >= 1 else "a moment"
            rows.append((name, lock.table, lock.mode, lock.waits, f"{lock.rows:,}", long))
            name = ""
        if not step.locks:
            rows.append((name, "-", "-", "nobody waits", "-", "a moment"))
    headings = ("step", "table", "lock", "meanwhile", "rows", "for")
    return Reply([asdict(step) for step in steps], table(headings, rows))
