"""`mandate member …`: the roles of users in projects."""

import click

from app.cli.base import (
    ACTOR,
    Reply,
    command,
)
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.directory import projects


@click.group()
def member() -> None:
    """Who has which role in which project."""


@command("set", group=member)
@click.argument("project")
@click.argument("user")
@click.argument("role")
def set_member(project: str, user: str, role: str) -> Reply:
    """Give a user a role in a project, instead of the one before."""
    projects.set_member(project, user, role, catalog=catalog(), at=now(), actor=ACTOR)
    value = {"project": project, "user": user, "role": role}
    return Reply(value, f"{user} is {role} in {project}.")


@command("remove", group=member)
@click.argument("project")
@click.argument("user")
def remove_member(project: str, user: str) -> Reply:
    """Take a user out of a project; what was delegated there stops at once."""
    projects.remove_member(project, user, at=now(), actor=ACTOR)
    value = {"project": project, "user": user, "role": None}
    return Reply(value, f"{user} is no longer a member of {project}.")
