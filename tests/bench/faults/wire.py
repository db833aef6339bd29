"""Requests over a connection that is kept, each one timed, and what is known when none is answered."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"
PATIENCE = 10  # seconds for an answer
REFUSED, CUT_OFF = -1, 0  # in the place of a status: nobody listened; the answer did not come whole
AWAY = frozenset({502, 503, 504})


@dataclass(frozen=True)
class Endpoint:
    """Where a client sends its requests; with `trust` over TLS, under a name of its own."""

    port: int
    trust: ssl.SSLContext | None = None
    host: str = "127.0.0.1"

    def connection(self) -> http.client.HTTPConnection:
        if self.trust is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=PATIENCE, context=self.trust
        )


@dataclass(frozen=True)
class Timed:
    """A request: when it was sent, how many seconds it took, and what came."""

    at: float
    seconds: float
    status: int
    path: str
    says_when: bool  # whether it has Retry-After


@dataclass
class Times:
    """All the requests of a run."""

    all: list[Timed] = field(default_factory=list)

    def between(self, begin: float, end: float, path: str = "") -> list[Timed]:
        """Return those that were sent between two instants, to addresses that begin so."""
        return [o for o in list(self.all) if begin <= o.at < end and o.path.startswith(path)]


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def is_good(self) -> bool:
        return self.status < 400


class Wire:
    """A client's connection; `new_each` opens one for every request."""

    def __init__(self, where: Endpoint, times: Times, *, new_each: bool = False) -> None:
        self._where = where
        self._times = times
        self._new_each = new_each
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer | None:
        return self._ask("GET", path, None, headers or {})

    def post(
        self,
        path: str,
        fields: Mapping[str, object] | str,
        headers: Mapping[str, str] | None = None,
    ) -> Answer | None:
        body = fields if isinstance(fields, str) else urlencode(fields, doseq=True)
        return self._ask("POST", path, body, {"Content-Type": FORM, **(headers or {})})

    def _ask(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> Answer | None:
        """Return the answer, None when it is not known whether the request was worked on."""
        began = time.monotonic()
        status, says_when = CUT_OFF, False
        try:
            if self._connection is None:
                self._connection = self._where.connection()
            named = {**headers, "Host": self._where.host} if self._where.trust else headers
            self._connection.request(method, path, body, dict(named))
            response = self._connection.getresponse()
            text = response.read().decode()
            status, says_when = response.status, "Retry-After" in response.headers
            return Answer(status, response.headers, text)
        except ConnectionRefusedError:
            status = REFUSED
            return None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            taken = time.monotonic() - began
            self._times.all.append(Timed(began, taken, status, path.partition("?")[0], says_when))
            if status <= 0 or self._new_each:
                self.close()

    def local_port(self) -> int | None:
        """Return the port of this side, None without a connection."""
        if self._connection is None or self._connection.sock is None:
            return None
        return int(self._connection.sock.getsockname()[1])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
