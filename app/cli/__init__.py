"""Face 4: the command line.

Owns: commands, their options, their text and JSON, exit codes. Does not own: any rule; it calls
services as the actor `cli`. The composition root hands over `create_app` and the demo command, so
that this package imports neither another face nor the demo.
"""

import sys
from collections.abc import Callable

import click
from flask import Flask

from app.cli.audit import audit
from app.cli.authorizations import authorization
from app.cli.backup import backup, restore
from app.cli.check import check
from app.cli.cleanup import cleanup
from app.cli.clients import client
from app.cli.database import db
from app.cli.deploy import deploy
from app.cli.exit_codes import EXIT_CODES, INTERRUPTED, UNKNOWN
from app.cli.mcp_servers import mcp_server
from app.cli.members import member
from app.cli.projects import project
from app.cli.resource_servers import resource_server
from app.cli.serve import serve
from app.cli.service_accounts import service_account
from app.cli.sessions import sessions
from app.cli.users import user
from app.domain import errors
from app.settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mandate", message="mandate %(version)s")
def mandate() -> None:
    """Mandate: an OAuth 2.0 authorization server with fine, live, revocable delegation."""


COMMANDS = (
    db,
    check,
    user,
    project,
    member,
    mcp_server,
    client,
    resource_server,
    service_account,
    authorization,
    sessions,
    audit,
    cleanup,
    backup,
    restore,
    serve,
    deploy,
)
for command in COMMANDS:
    mandate.add_command(command)


def run(create_app: Callable[[Settings], Flask], demo: click.Command) -> int:
    """Run the command line and return the exit code; a failure is one line on stderr."""
    mandate.add_command(demo)
    try:
        code = mandate.main(prog_name="mandate", standalone_mode=False, obj=create_app)
    except click.exceptions.Abort as error:
        by_hand = isinstance(error.__cause__, KeyboardInterrupt)
        return _fail("interrupted" if by_hand else "aborted", INTERRUPTED if by_hand else 1)
    except click.exceptions.NoArgsIsHelpError as error:
        where = error.ctx.command_path
        return _fail(f"say which command; `{where} --help` lists them", error.exit_code)
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code)
    except errors.DomainError as error:
        return _fail(error.public, EXIT_CODES[type(error)])
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, never a traceback
        return _fail(f"unexpected {type(error).__name__}", UNKNOWN)
    return code if isinstance(code, int) else 0


def _fail(sentence: str, code: int) -> int:
    click.echo("mandate: " + " ".join(sentence.split()), file=sys.stderr)
    return code


def commands() -> list[str]:
    """Return every command as it is typed, but for the demo: `user add`, `serve` and so on."""
    typed = []
    for name, command in mandate.commands.items():
        if isinstance(command, click.Group):
            typed += [f"{name} {subcommand}" for subcommand in command.commands]
        if not isinstance(command, click.Group) or command.invoke_without_command:
            typed.append(name)
    return typed
