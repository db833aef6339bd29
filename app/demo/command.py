"""`mandate demo`: everything needed to try Mandate, from one command.

The composition root hands this to the command line, so it is imported with every command: what the
demo needs is imported when it runs.
"""

import json
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import click

from app.demo.addresses import MAX_PORT
from app.domain.errors import Misconfigured

DEFAULT_DIR = Path("instance/demo")
EXTRA = ("mcp", "uvicorn", "a2wsgi")


@click.command
@click.option(
    "--port",
    type=click.IntRange(1, MAX_PORT),
    default=8000,
    show_default=True,
    help="Of Mandate; the example resource server and tool take the next two.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=DEFAULT_DIR,
    show_default=True,
    help="Where the demo keeps its database, settings and demo.json.",
)
@click.option("--fresh", is_flag=True, help="Forget what earlier starts left there.")
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.option("--json", "as_json", is_flag=True, help="Print demo.json when ready.")
def demo(port: int, data_dir: Path, *, fresh: bool, no_browser: bool, as_json: bool) -> None:
    """Run Mandate with a demo organisation, an example tool and an example resource server."""
    _check_extra()
    from app.demo.announcement import announcement
    from app.demo.lifecycle import running

    with _ended_by_signals(), running(data_dir, port=port, fresh=fresh) as run:
        said = announcement(run.demo, run.data_dir, is_offline=run.is_offline)
        click.echo(json.dumps(run.demo) if as_json else said)
        if not no_browser:
            _open_browser(run.demo["tool"])
        run.watch()


def _check_extra() -> None:
    """Raise Misconfigured when the packages that only the demo needs are not installed."""
    if not all(find_spec(name) for name in EXTRA):
        raise Misconfigured(
            "The demo's MCP servers need more packages: install Mandate with the extra `demo`, "
            "as in pip install -e '.[demo]'."
        )


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Leave the block in order at the first SIGINT, SIGTERM or SIGHUP; later ones change nothing."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means what it says
        signals.append(signal.SIGHUP)

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in signals}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _open_browser(url: str) -> None:
    """Open a browser where there is a screen for one; never fail, never wait."""
    has_screen = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if has_screen:
        threading.Thread(target=_try_browser, args=(url,), daemon=True).start()


def _try_browser(url: str) -> None:
    try:
        webbrowser.open(url)
    except (OSError, webbrowser.Error):
        return
