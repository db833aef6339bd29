"""How long a request may wait for the database in all: then it is told to come again."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from app.database import patience

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

WAITED = "mandate.waited"  # seconds for a turn, which count as well while the database fails
LEAST = 0.3  # the part of the span that a request has in any case

Environ = dict[str, Any]
App = Callable[[Environ, "StartResponse"], Iterable[bytes]]


class Deadline:
    """WSGI middleware that gives each request its span for the database; `seconds` for all of it."""

    def __init__(self, app: App, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    def __call__(self, environ: Environ, start_response: "StartResponse") -> Iterable[bytes]:
        """Hand a request on."""
        patience.begin(self._seconds)
        if WAITED in environ:
            patience.spend(min(environ[WAITED], self._seconds * (1 - LEAST)))
        try:
            return self._app(environ, start_response)
        finally:
            patience.finish()
