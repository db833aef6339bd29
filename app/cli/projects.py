"""`mandate project …`."""

from dataclasses import asdict, astuple

import click

from app.cli.base import (
    ACTOR,
    Reply,
    command,
)
from app.cli.stream import Stream
from app.runtime.clock import now
from app.services.directory import projects


@click.group()
def project() -> None:
    """Places with resources."""


@command("add", group=project)
@click.argument("slug")
@click.option("--name", required=True, help="The name that pages show.")
def add_project(slug: str, name: str) -> Reply:
    """Add a project."""
    place = projects.add(slug, name=name, at=now(), actor=ACTOR)
    return Reply({"slug": place.slug, "name": place.name}, f"Added project {place.slug}.")


@command("list", group=project)
def list_projects() -> Stream:
    """List the projects."""
    return Stream(projects.everything(), asdict, ("slug", "name"), astuple)
