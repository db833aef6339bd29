"""Where the app lies on its host: below the path of the issuer, if that has one.

RFC 8414 section 3.1 puts the metadata of such an issuer between host and path. Some clients look at
the root all the same, so the root answers with the same document.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

METADATA = "/.well-known/oauth-authorization-server"
WELL_KNOWN = "/.well-known/"  # the app says that there is nothing, so that scripts may read it
AT_THE_ROOT = frozenset({METADATA, "/.well-known/security.txt", "/healthz", "/readyz"})

Environ = dict[str, Any]
App = Callable[[Environ, "StartResponse"], Iterable[bytes]]


class Mount:
    """WSGI middleware that serves an app below a path and gives nothing for other addresses."""

    def __init__(self, app: App, path: str) -> None:
        self._app = app
        self._path = path

    def __call__(self, environ: Environ, start_response: "StartResponse") -> Iterable[bytes]:
        """Hand a request on with the path as its SCRIPT_NAME."""
        asked = environ.get("PATH_INFO", "")
        if asked == self._path or asked.startswith(f"{self._path}/"):
            root = environ.get("SCRIPT_NAME", "") + self._path
            rest = asked.removeprefix(self._path) or "/"
            environ = {**environ, "SCRIPT_NAME": root, "PATH_INFO": rest}
        elif asked == METADATA + self._path:
            environ = {**environ, "PATH_INFO": METADATA}
        elif asked not in AT_THE_ROOT and not asked.startswith(WELL_KNOWN):
            start_response(
                "404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")]
            )
            return [b""]
        return self._app(environ, start_response)
