"""The data directory of a demo: who may use it, and the private files in it."""

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from app.demo.addresses import Addresses
from app.demo.demo_json import Demo
from app.domain.credentials.secrets import random_base62
from app.domain.errors import Conflict, Misconfigured
from app.settings import ENVIRON_FILE
from app.settings.client_documents import DOCUMENTS_NAME

DEMO_FILE = "demo.json"
DATABASE = "mandate.db"
LOG_FILE = "server.log"
LOCK_FILE = "demo.lock"
OFFLINE = "localhost,127.0.0.1"
# What --fresh removes. The lock file stays: another process may be waiting at it.
OWN_FILES = (DEMO_FILE, ENVIRON_FILE, DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", LOG_FILE)
SECRET_KEY_LENGTH = 64


@contextmanager
def held(path: Path, *, fresh: bool) -> Iterator[Path]:
    """Give the absolute directory to one demo at a time, made and private, emptied when `fresh`.

    Raises Misconfigured for a directory that is not a demo's, Conflict while another demo runs there.
    """
    data_dir = path.expanduser().absolute()
    try:
        _make(data_dir)
        lock = (data_dir / LOCK_FILE).open("a")
    except OSError as error:
        raise Misconfigured(f"{data_dir} cannot be used: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(f"A demo is running in {data_dir} already.") from None
        if fresh:
            for name in OWN_FILES:
                (data_dir / name).unlink(missing_ok=True)
        yield data_dir


def _make(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = {found.name for found in data_dir.iterdir()} - {LOCK_FILE}
    if names and ENVIRON_FILE not in names:
        raise Misconfigured(f"{data_dir} is not empty and holds no demo: choose another directory.")
    data_dir.chmod(0o700)


def write_environ(
    data_dir: Path,
    addresses: Addresses,
    is_offline: Callable[[Mapping[str, str]], bool] = lambda _: False,
) -> dict[str, str]:
    """Write and return the demo's settings; the secret key and what somebody added stay.

    `is_offline` says of such settings whether metadata documents cannot be fetched with them. Unless
    somebody decided about documents, the demo then takes those of this machine only, which are not
    advertised: tools would not fall back.
    """
    kept = _read(data_dir / ENVIRON_FILE)
    if kept.get(DOCUMENTS_NAME, OFFLINE) == OFFLINE:  # an earlier start may have been offline
        kept.pop(DOCUMENTS_NAME, None)
        kept |= {DOCUMENTS_NAME: OFFLINE} if is_offline(kept) else {}
    environ = {
        "MANDATE_SECRET_KEY": random_base62(SECRET_KEY_LENGTH),
        **kept,
        "MANDATE_ISSUER": addresses.issuer,
        "MANDATE_DATABASE_URL": f"sqlite:///{data_dir / DATABASE}",
        "MANDATE_DEFAULT_AUDIENCE": addresses.api,
    }
    _write_private(data_dir / ENVIRON_FILE, environ)
    return environ


def read_demo(data_dir: Path) -> Demo | None:
    """Return what an earlier start wrote, or None in a new directory."""
    found = _read(data_dir / DEMO_FILE)
    return cast(Demo, found) if found else None


def write_demo(data_dir: Path, demo: Demo) -> None:
    """Write `demo.json` in one step, readable by its owner only."""
    _write_private(data_dir / DEMO_FILE, demo)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise Misconfigured(f"{file} cannot be read: start again with --fresh.") from None
    return cast(dict[str, Any], found)


def _write_private(file: Path, content: Mapping[str, object]) -> None:
    # mkstemp gives 0600 from the first byte on; the rename shows all of it or nothing.
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as draft:
            json.dump(content, draft, indent=2)
            draft.write("\n")
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
