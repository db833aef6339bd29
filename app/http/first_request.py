"""What begins with the first request in each process, whichever server runs the app."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

Environ = dict[str, Any]
App = Callable[[Environ, "StartResponse"], Iterable[bytes]]


class FirstRequest:
    """WSGI middleware that calls `begin` before each request; that does nothing once it has begun."""

    def __init__(self, app: App, begin: Callable[[], None]) -> None:
        self._app = app
        self._begin = begin

    def __call__(self, environ: Environ, start_response: "StartResponse") -> Iterable[bytes]:
        """Hand a request on."""
        self._begin()
        return self._app(environ, start_response)
