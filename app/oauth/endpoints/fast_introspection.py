"""The short way of introspection: plain questions are answered before Flask builds its request.

Resource servers ask at every call, and two thirds of the time went into building a request and a
response that are always alike. This middleware answers plain requests: a POST of a small form, no
query, each field once, HTTP Basic alone, good credentials. It calls the same endpoint object as the
long way. It hands everything else on untouched, refusals included, so that every rule and every error
has one home; `tests/oauth/test_fast_introspection.py` holds the two ways against each other.
"""

import re
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from authlib.oauth2 import OAuth2Error
from flask import Flask

from app.domain.errors import DomainError
from app.http.headers import PROGRAM_HEADERS, STRICT_TRANSPORT
from app.oauth.endpoints.introspection import LightRequest, endpoint
from app.oauth.errors import encode
from app.oauth.form_checks import FORM

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

PATH = "/oauth/introspect"
MAX_BODY = 8_192
BASIC = re.compile(r"Basic [A-Za-z0-9+/]+={0,2}")
DIGITS = re.compile(r"[0-9]{1,6}")
MAX_FIELDS = 8
LONG_WAY = frozenset({"client_id", "client_secret", "client_assertion"})

Environ = dict[str, Any]


class FastIntrospection:
    """WSGI middleware in front of the app."""

    def __init__(self, app: Flask, *, is_https: bool) -> None:
        self.app = app
        self.long_way = app.wsgi_app
        transport = {"Strict-Transport-Security": STRICT_TRANSPORT} if is_https else {}
        self.headers = [*PROGRAM_HEADERS.items(), *transport.items()]

    def __call__(self, environ: Environ, start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a plain introspection request, hand everything else on."""
        if environ["PATH_INFO"] == PATH and environ["REQUEST_METHOD"] == "POST":
            form = plain_form(environ)
            body = None if form is None else self._answer(environ, form)
            if body is not None:
                headers = [*self.headers, ("Content-Length", str(len(body)))]
                start_response("200 OK", headers)
                return [body]
        return self.long_way(environ, start_response)

    def _answer(self, environ: Environ, form: dict[str, str]) -> bytes | None:
        header = {"Authorization": environ["HTTP_AUTHORIZATION"]}
        with self.app.app_context():
            light = LightRequest(header, form, address=environ.get("REMOTE_ADDR", ""))
            try:
                _, body, _ = endpoint(light)
            except (OAuth2Error, DomainError, ValueError):
                return None  # the long way says why, and counts it
        return encode(body).encode()


def plain_form(environ: Environ) -> dict[str, str] | None:
    """Return the fields of a plain request, or None; the body can be read again afterwards."""
    length = environ.get("CONTENT_LENGTH", "")
    basic = environ.get("HTTP_AUTHORIZATION", "")
    if environ.get("QUERY_STRING") or environ.get("CONTENT_TYPE") != FORM:
        return None
    if not BASIC.fullmatch(basic) or not (DIGITS.fullmatch(length) and int(length) <= MAX_BODY):
        return None
    raw = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(raw)
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return None
    form = dict(pairs)
    text = "".join((*form, *form.values()))
    odd = "\x00" in text or "\ufffd" in text or not LONG_WAY.isdisjoint(form)
    return None if odd or len(form) != len(pairs) else form
