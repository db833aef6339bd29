"""django-oauth-toolkit: `pip install django-oauth-toolkit granian 'psycopg[binary]'` in DIRECTORY/venv.

It is set as a site in production:

- Granian serves it with the arguments of the bare view, and each thread keeps its database connection
  (`CONN_MAX_AGE=None`). Statements are prepared by the server, as Django documents it
  (`server_side_binding`, `prepare_threshold`): that halves what the database spends on an introspection.
- The middleware is that of `startproject`, without the messages of the admin site.
- `OAUTH2_PROVIDER` has the block of settings which its security page recommends for RFC 9700, with the
  hashed storage of tokens that the page calls optional; introspection and refresh cost the same without
  it. OpenID Connect stays off, as by default.
- Client secrets are hashed, as by default, but not with the default hash, which is made slow for
  passwords and takes tenths of a second a request. `CLIENT_SECRET_HASHER`, the documented setting, names
  PBKDF2 with one iteration, a subclass as Django's documentation shows it: secrets are 128 random
  characters. A secret in plain text (`hash_client_secret=False`) is no quicker.

It can do all four operations on tokens; its consent page and its list are not measured. The access
tokens that are introspected or revoked have no refresh token, which is the quicker case. Rows are
written by its own models, for a hundred people in turn.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.peers.loads import VERIFIER, loads_of
from tests.bench.seeds import basic
from tests.bench.servers import Server
from tests.drivers.live_server import free_port, wait_for
from tests.drivers.postgres import Postgres

SITE = Path(__file__).with_name("oauth_toolkit_site.py")
PREPARE = f"import {SITE.stem}; {SITE.stem}.prepare()"
OPERATIONS = {
    "introspection": ("/o/introspect/", "access"),
    "refresh": ("/o/token/", "refresh"),
    "code_exchange": ("/o/token/", "code"),
    "revocation": ("/o/revoke_token/", "access"),
}
SECRETS = {"app": secrets.token_urlsafe(96), "rs": secrets.token_urlsafe(96)}


def is_installed(directory: Path) -> bool:
    venv = directory / "venv"
    found = venv.glob("lib/python3*/site-packages/oauth2_provider/__init__.py")
    return (venv / "bin" / "python").exists() and any(found)


@contextmanager
def standing(directory: Path, postgres: Postgres, workers: int) -> Iterator[Server]:
    """django-oauth-toolkit on a database of its own."""
    database = f"oauth_toolkit_{workers}"
    postgres.create(database)
    port = free_port()
    python = str(directory / "venv" / "bin" / "python")
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PGURL": postgres.uri(database),
        "SECRET_KEY": secrets.token_hex(32),
        "VERIFIER": VERIFIER,
        **{f"{name.upper()}_SECRET": secret for name, secret in SECRETS.items()},
    }
    subprocess.run([python, "-c", PREPARE], cwd=SITE.parent, env=environment, check=True)
    command = [python, "-m", "granian", f"{SITE.stem}:application", "--interface", "wsgi"]
    command += ["--no-ws", "--port", str(port), "--workers", str(workers)]
    command += ["--blocking-threads", "2", "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=SITE.parent, env=environment)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process.poll)
        client, resource_server = (basic(name, SECRETS[name]) for name in ("app", "rs"))
        loads = loads_of(port, OPERATIONS, client=client, resource_server=resource_server)
        yield Server(
            f"django-oauth-toolkit, {workers} workers",
            port,
            process.pid,
            loads,
            is_on_postgresql=True,
        )
    finally:
        process.terminate()
        process.wait(15)
