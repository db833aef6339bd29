"""node-oidc-provider: `npm install --prefix DIRECTORY oidc-provider@9 pg`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.peers.loads import VERIFIER, loads_of
from tests.bench.peers.node import running_program
from tests.bench.seeds import basic
from tests.bench.servers import Server
from tests.drivers.live_server import free_port
from tests.drivers.postgres import Postgres

PROGRAM = Path(__file__).with_suffix(".mjs")
OPERATIONS = {
    # The quickest kind that it has: no grant stands behind it.
    "introspection": ("/token/introspection", "ClientCredentials"),
    "refresh": ("/token", "RefreshToken"),
    "code_exchange": ("/token", "AuthorizationCode"),
    "revocation": ("/token/revocation", "AccessToken"),
}


def is_installed(directory: Path) -> bool:
    return (directory / "node_modules" / "oidc-provider").is_dir()


@contextmanager
def standing(directory: Path, postgres: Postgres, workers: int) -> Iterator[Server]:
    """node-oidc-provider on a database of its own."""
    postgres.create(f"oidc_provider_{workers}")
    port = free_port()
    settings = {
        "PGURL": postgres.uri(f"oidc_provider_{workers}"),
        "WORKERS": str(workers),
        "VERIFIER": VERIFIER,
    }
    with running_program(PROGRAM, directory, port, settings) as pid:
        name = f"node-oidc-provider, {workers} workers"
        loads = loads_of(
            port,
            OPERATIONS,
            client=basic("app", "app-secret-0123456789"),
            resource_server=basic("rs", "rs-secret-0123456789"),
        )
        yield Server(name, port, pid, loads, is_on_postgresql=True)
