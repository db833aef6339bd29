"""`mandate deploy`: the files to deploy with. They need no settings and no database."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from app import deploy as files
from app.cli.base import DATA_DIR, JSON, Reply, show


@click.group()
def deploy() -> None:
    """Files for containers, systemd, nginx and Kubernetes."""


def _command(name: str) -> Callable[[Callable[..., Reply]], click.Command]:
    """Turn a function that returns a Reply into a command that reads no settings.

    It takes `--data-dir` as every command does; these files are the same for every demo.
    """

    def make(function: Callable[..., Reply]) -> click.Command:
        @functools.wraps(function)
        def run(data_dir: Path | None, as_json: bool, **arguments: Any) -> int:  # noqa: FBT001 - click's
            del data_dir
            return show(function(**arguments), as_json=as_json)

        made = click.command(name)(DATA_DIR(JSON(run)))
        deploy.add_command(made)
        return made

    return make


@_command("list")
def list_files() -> Reply:
    """Name the files."""
    names = files.names()
    return Reply(names, "\n".join(names))


@_command("show")
@click.argument("name")
def show_file(name: str) -> Reply:
    """Print a file."""
    text = files.text(name)
    return Reply({"name": name, "text": text}, text.removesuffix("\n"))


@_command("write")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def write_files(directory: Path) -> Reply:
    """Write all files into a directory that is new or empty."""
    paths = [str(path) for path in files.write(directory)]
    return Reply(paths, f"Wrote {len(paths)} files below {directory}.")
