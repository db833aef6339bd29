"""The short way: plain requests of the hot paths are answered before Flask builds its request.

Tools and resource servers ask all the time, and most of the time went into building a request and a
response that are always alike. This middleware takes plain requests alone: a POST of a small form to an
exact address, without a query. An answerer returns a good answer, or None. Whatever it does not answer
goes on untouched, nearly all refusals included, so that every rule and every error has one home.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import Flask

from app.domain.errors import Unavailable
from app.http.headers import PROGRAM_HEADERS, STRICT_TRANSPORT
from app.oauth.cors import OPEN
from app.oauth.errors import encode, told
from app.oauth.form_checks import FORM
from app.runtime import logs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

MAX_BODY = 8_192
MAX_FIELDS = 16
BASIC = re.compile(r"Basic [A-Za-z0-9+/]+={0,2}")
DIGITS = re.compile(r"[0-9]{1,6}")
STATUS = {int(one): f"{int(one)} {one.phrase}" for one in HTTPStatus}

Environ = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """A request that may be answered on the short way: its credentials as sent, its form as sent."""

    authorization: str
    body: bytes
    address: str
    user_agent: str

    def form(self) -> dict[str, str] | None:
        """Return the fields, or None when one stands twice or holds what no program sends."""
        try:
            text = self.body.decode("ascii")
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            return None
        form = dict(pairs)
        text = "".join((*form, *form.values()))
        odd = "\x00" in text or "\ufffd" in text
        return None if odd or len(form) != len(pairs) else form


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """An answer, with headers beside those of every program's answer."""

    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200


Answerer = Callable[[PlainRequest], PlainAnswer | None]


class ShortWay:
    """WSGI middleware in front of the app; `answerers` by their exact address."""

    def __init__(self, app: Flask, answerers: Mapping[str, Answerer], *, is_https: bool) -> None:
        self.long_way = app.wsgi_app
        self.answerers = answerers
        transport = {"Strict-Transport-Security": STRICT_TRANSPORT} if is_https else {}
        self.headers = [*PROGRAM_HEADERS.items(), *transport.items()]

    def __call__(self, environ: Environ, start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a plain request, hand everything else on."""
        answerer = self.answerers.get(environ["PATH_INFO"])
        if answerer is not None and environ["REQUEST_METHOD"] == "POST":
            plain = plain_request(environ)
            if plain is not None:
                answer = _answer(answerer, plain, environ["PATH_INFO"])
                if answer is not None:
                    length = ("Content-Length", str(len(answer.body)))
                    status = STATUS[answer.status]
                    start_response(status, [*self.headers, *answer.headers, length])
                    return [answer.body]
        return self.long_way(environ, start_response)


def plain_request(environ: Environ) -> PlainRequest | None:
    """Return a plain request, or None; the body can be read again afterwards."""
    length = environ.get("CONTENT_LENGTH", "")
    if environ.get("QUERY_STRING") or environ.get("CONTENT_TYPE") != FORM:
        return None
    if not (DIGITS.fullmatch(length) and int(length) <= MAX_BODY):
        return None
    raw = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(raw)
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    return PlainRequest(
        authorization, raw, environ.get("REMOTE_ADDR", ""), environ.get("HTTP_USER_AGENT", "")
    )


def _answer(answerer: Answerer, plain: PlainRequest, path: str) -> PlainAnswer | None:
    """Ask an answerer; a database that is away is told at once and not asked again.

    A write might have happened: the long way would take it for somebody else's.
    """
    started = time.perf_counter()
    try:
        return answerer(plain)
    except Unavailable as error:
        answer = open_refusal(partial(told, error), path, started)
        return replace(answer, headers=(*answer.headers, ("Retry-After", str(error.retry_after))))


def open_answer(body: bytes, path: str, started: float) -> PlainAnswer:
    """Return the answer of an address that pages of any origin may call, and log the request.

    `started` is the performance counter (in seconds) when it began.
    """
    return _logged(200, body, path, started, logs.new_request_id())


def open_refusal(
    tell: Callable[[str], tuple[int, dict[str, object]]], path: str, started: float
) -> PlainAnswer:
    """Return a refusal as `open_answer`; `tell` makes status and body for a request id."""
    request_id = logs.new_request_id()
    status, body = tell(request_id)
    return _logged(status, encode(body).encode(), path, started, request_id)


def _logged(status: int, body: bytes, path: str, started: float, request_id: str) -> PlainAnswer:
    logs.line(request_id, "POST", path, status, started)
    return PlainAnswer(body, (*OPEN.items(), ("X-Request-Id", request_id)), status)
