"""How far a long command has come: one line on stderr."""

import sys
import time

import click

STEP = 0.2  # seconds between two states on a terminal
LINE_STEP = 5.0  # and between two lines in a file
OPTION = click.option(
    "--progress",
    "is_wanted",
    is_flag=True,
    help="Say on stderr how far it is; a terminal is always told.",
)


class Progress:
    """A line that a terminal writes over itself, and that anything else gets every few seconds."""

    def __init__(self, *, is_wanted: bool) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._is_shown = is_wanted or self._on_terminal
        self._next = 0.0

    def say(self, text: str) -> None:
        """Show how far it is, unless that was done a moment ago."""
        now = time.monotonic()
        if not self._is_shown or now < self._next:
            return
        self._next = now + (STEP if self._on_terminal else LINE_STEP)
        click.echo(
            f"\r{text}\x1b[K" if self._on_terminal else text, err=True, nl=not self._on_terminal
        )

    def end(self) -> None:
        """Take the line off a terminal."""
        if self._is_shown and self._on_terminal:
            click.echo("\r\x1b[K", err=True, nl=False)
