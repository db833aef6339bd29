"""`mandate check`: everything that is wrong with the settings and what they lead to, at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click
from flask import Flask

from app.cli.base import DATA_DIR, JSON, VERBOSE, Reply, environment, quiet, show
from app.database import files, schema, server_clock
from app.domain.errors import DomainError, Misconfigured, Unavailable
from app.http import proxy_probe, shared_counters
from app.runtime.clock import now
from app.services.directory import users
from app.settings import Settings, secret_files, unknown_names

CLOCK_TOLERANCE = 2.0  # seconds
NO_USER = "There is no user yet: run `mandate user add`."


@click.command("check")
@DATA_DIR
@JSON
@VERBOSE
@click.pass_context
def check(context: click.Context, *, data_dir: Path | None, as_json: bool, verbose: bool) -> int:
    """Say what is wrong with the settings and the database, and what to know; exit 0 if all is well."""
    del verbose  # it always says the cause: whoever may run it knows the secrets
    problems, notes = _found(context.obj, data_dir)
    text = "\n".join([*(problems or ["Everything is in order."]), *notes])
    value = {"ok": not problems, "problems": problems, "notes": notes}
    reply = Reply(value, text, 1 if problems else 0)
    if problems:
        noun = "problem" if len(problems) == 1 else "problems"
        click.echo(f"mandate: {len(problems)} {noun} found", err=True)
    return show(reply, as_json=as_json)


def _found(
    create_app: Callable[[Settings], Flask], data_dir: Path | None
) -> tuple[list[str], list[str]]:
    """Return a sentence for each thing that is wrong, and one for each that is worth knowing."""
    problems: list[str] = []
    try:
        environ = environment(data_dir)
        problems += [f"{name} is not a setting of Mandate." for name in unknown_names(environ)]
        settings = Settings.from_environ(environ)
    except Misconfigured as error:
        return [*problems, error.public, *error.others], []
    except DomainError as error:
        return [*problems, error.public], []
    notes = [*settings.documents.notes(), *secret_files.notes(environ)]
    notes += files.notes(settings.database.url)
    with quiet(create_app, settings).app_context():
        problems += _of_database(settings)
    problems += _of_redis(settings)
    seen = proxy_probe.ask(settings)
    return [*problems, *seen.problems], [*notes, *seen.notes]


def _of_database(settings: Settings) -> Iterator[str]:
    try:
        if not settings.database.is_sqlite:
            yield from _of_pooler(settings)
            ahead = server_clock.ahead_by(now())
            if abs(ahead) > CLOCK_TOLERANCE:
                yield (
                    f"The database's clock differs from this machine's by {ahead:+.0f} seconds: "
                    "let both keep the time, or credentials end too early or too late."
                )
        schema.require_usable()
        if not users.exist():
            yield NO_USER
    except Unavailable as error:
        yield f"The database does not answer: {_one_line(error.detail)}"
    except DomainError as error:
        yield error.public


def _of_pooler(settings: Settings) -> Iterator[str]:
    from app.database import pooler  # with a driver that SQLite does without

    found, said = pooler.pooler_of(settings.database), settings.database.pooler
    if found != said:
        stands = "no pooler stands" if found == "none" else f"a pooler by {found} stands"
        yield f"MANDATE_DATABASE_POOLER is {said}, and {stands} in front of the database: say {found}."


def _of_redis(settings: Settings) -> Iterator[str]:
    if settings.redis_url and (trouble := shared_counters.trouble(settings.redis_url)):
        yield f"MANDATE_REDIS_URL: Redis does not answer: {_one_line(trouble)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
