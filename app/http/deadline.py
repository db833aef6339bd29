"""How long a request may wait for the database in all: then it is told to come again."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from app.database import patience

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

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
        try:
            return self._app(environ, start_response)
        finally:
            patience.finish()
