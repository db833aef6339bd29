"""Secrets that come as files: `MANDATE_…_FILE` names a file that holds the value."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from app.domain.errors import Misconfigured
from app.settings import client_documents, registration, secret_key

# `MANDATE_OUTBOUND_PROXY` and the URLs may hold a password.
SECRETS = (
    secret_key.NAME,
    "MANDATE_DATABASE_URL",
    "MANDATE_REDIS_URL",
    registration.TOKEN_NAME,
    client_documents.PROXY_NAME,
)
FILES = {f"{name}_FILE": name for name in SECRETS}
MAX_BYTES = 65_536
READ_BY_OTHERS, ENTERED_BY_OTHERS = 0o004, 0o001


def with_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the value of each `…_FILE` under the name of its setting.

    Raises Misconfigured, which names the variable and the path and never the content.
    """
    found = {name: value for name, value in environ.items() if name not in FILES}
    for name, path in _given(environ).items():
        setting = FILES[name]
        if environ.get(setting, "").strip():
            raise Misconfigured(f"{setting} and {name} are both set: leave one of them out.")
        found[setting] = _content(name, path)
    return found


def notes(environ: Mapping[str, str]) -> list[str]:
    """Return a sentence for each file of a secret that everybody on the machine can read."""
    return [
        f"{name}: everybody on this machine can read {path}; take the right away (chmod o-r)."
        for name, path in _given(environ).items()
        if _is_open(Path(path))
    ]


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[name].strip() for name in FILES if environ.get(name, "").strip()}


def _content(name: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no path"
        raise Misconfigured(f"{name}: {path} cannot be read: {reason}.") from None
    if len(data) > MAX_BYTES:
        raise Misconfigured(f"{name}: {path} is larger than {MAX_BYTES} bytes.")
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:
        raise Misconfigured(f"{name}: {path} is not UTF-8 text.") from None
    if not text:
        raise Misconfigured(f"{name}: {path} is empty.")
    return text


def _is_open(path: Path) -> bool:
    """Say whether everybody may read a file: its own right, and a way through every directory."""
    with suppress(OSError, ValueError, RuntimeError):
        real = path.resolve()
        through = all(parent.stat().st_mode & ENTERED_BY_OTHERS for parent in real.parents)
        return through and bool(real.stat().st_mode & READ_BY_OTHERS)
    return False
