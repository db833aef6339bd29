"""What every command shares: `--json`, `--data-dir`, and the app that it acts on."""

import functools
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask

from app.cli.stream import NONE, JsonLines, Stream, line_of, widths_of
from app.database import patience, schema
from app.domain.errors import DomainError
from app.runtime import logs
from app.services import audit
from app.settings import Settings, environ_of

ACTOR = "cli"
COMMAND_TIMEOUT = 30  # seconds that each use of the database may take: nobody else waits
DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Act on the demo in this directory.",
)
SECRET_METHODS = click.Choice(["client_secret_basic", "client_secret_post"])
BASIC = "client_secret_basic"
AUTH_METHOD = click.option(
    "--auth-method",
    type=SECRET_METHODS,
    help=f"How it sends its secret ({BASIC} if not given); the other way is taken too.",
)
LIMIT = click.option("--limit", type=click.IntRange(1), help="At most so many.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
VERBOSE = click.option("--verbose", is_flag=True, help="Say the cause of a failure too.")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command says: a JSON value for programs, text for people, and the exit code."""

    value: Any
    text: str
    code: int = 0


Said = Reply | Stream | JsonLines


def environment(data_dir: Path | None) -> Mapping[str, str]:
    """Return the MANDATE_* environment that a command acts on."""
    return os.environ if data_dir is None else environ_of(data_dir)


def instant_value(at: datetime | None) -> str | None:
    """Return an instant as JSON has it: ISO 8601 in UTC."""
    return None if at is None else at.isoformat()


def show(reply: Said, *, as_json: bool) -> int:
    """Print a reply and return its exit code."""
    if isinstance(reply, Stream | JsonLines):
        reply.write(sys.stdout, as_json=as_json)
        return 0
    click.echo(json.dumps(reply.value, indent=2) if as_json else reply.text)
    return reply.code


def quiet(create_app: Callable[[Settings], Flask], settings: Settings) -> Flask:
    """Return an app whose log keeps silent: a command says its one line itself."""
    at_leisure = replace(settings.database, timeout=COMMAND_TIMEOUT)
    app = create_app(replace(settings, database=at_leisure))
    logs.configure(logging.CRITICAL)
    return app


def command(
    name: str, *, group: click.Group | None = None, needs_schema: bool = True
) -> Callable[[Callable[..., Said]], click.Command]:
    """Turn a function that returns what it says into a command inside the app's context.

    `group` is the command's group; a command without one stands at the top.
    """

    def make(function: Callable[..., Said]) -> click.Command:
        made = click.command(name)(_with_options(function, needs_schema=needs_schema))
        if group is not None:
            group.add_command(made)
        return made

    return make


def command_group(
    name: str,
) -> Callable[[Callable[..., Said]], click.Group]:
    """Turn a function into a command as `command` does, which has commands of its own beside that."""

    def make(function: Callable[..., Said]) -> click.Group:
        run = _with_options(function, needs_schema=True)
        return click.group(name, invoke_without_command=True)(run)

    return make


def _with_options(function: Callable[..., Said], *, needs_schema: bool) -> Callable[..., Any]:

    @functools.wraps(function)
    def run(*, data_dir: Path | None, as_json: bool, verbose: bool, **arguments: Any) -> int:
        if _is_for_its_own(click.get_current_context()):
            return 0
        with _telling_causes(verbose=verbose), _acting_on(data_dir):
            if needs_schema:
                schema.require_usable()
            return show(function(**arguments), as_json=as_json)

    return DATA_DIR(JSON(VERBOSE(run)))


def _is_for_its_own(context: click.Context) -> bool:
    """Say whether a command of this command follows; its options then stand behind it."""
    if context.invoked_subcommand is None:
        return False
    by_hand = click.core.ParameterSource.COMMANDLINE
    if given := [n for n in context.params if context.get_parameter_source(n) is by_hand]:
        option = given[0].replace("as_json", "json").replace("_", "-")
        raise click.UsageError(f"give --{option} behind {context.invoked_subcommand!r}")
    return True


@contextmanager
def _acting_on(data_dir: Path | None) -> Iterator[None]:
    """Act on the database of the environment, or of a demo, with the patience of a command."""
    create_app: Callable[[Settings], Flask] = click.get_current_context().obj
    app = quiet(create_app, Settings.from_environ(environment(data_dir)))
    with (
        audit.coming_from(audit.COMMAND_LINE),
        app.app_context(),
        patience.each(COMMAND_TIMEOUT),
    ):
        yield


@contextmanager
def _telling_causes(*, verbose: bool) -> Iterator[None]:
    """Say what lies behind a failure of the block, which has its own sentence, if it is asked for."""
    try:
        yield
    except DomainError as error:
        if verbose and error.detail:
            click.echo(f"mandate: {' '.join(error.detail.split())}", err=True)
        raise


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as aligned text under their headings, or a word that there are none."""
    if not rows:
        return NONE
    cells = [list(headings), *([str(cell) for cell in row] for row in rows)]
    widths = widths_of(cells)
    return "\n".join(line_of(row, widths) for row in cells)
