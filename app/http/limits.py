"""How much a request may send."""

from io import BytesIO
from typing import IO, Any

from flask import Flask, Request, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from app.http import browser
from app.runtime import clock

MAX_BODY = 256 * 1024
MAX_FIELDS = 1_000
MAX_CHOICE = 2 * 1024 * 1024
# 5,000 MCP servers, each with an end of its own, and 1,000 projects with role, end and what follows.
MAX_CHOICE_FIELDS = 15_000
CHOICES = ("/settings/", "/consent/")
FORM = "application/x-www-form-urlencoded"


class CountedForms(FormDataParser):
    """Werkzeug's parser, which counts fields in multipart bodies only; this one does in every form."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Any:
        """Read a body as it does; raises RequestEntityTooLarge for too many fields."""
        if mimetype == FORM:
            body = stream.read()
            if self.max_form_parts is not None and body.count(b"&") >= self.max_form_parts:
                raise RequestEntityTooLarge
            stream = BytesIO(body)
        return super().parse(stream, mimetype, content_length, options)


class CountedRequest(Request):
    """A request whose forms have a bounded number of fields."""

    form_data_parser_class = CountedForms


def install(app: Flask) -> None:
    """Bound every request's body, and leave room for a form that names thousands of MCP servers."""
    app.request_class = CountedRequest
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.config["MAX_FORM_PARTS"] = MAX_FIELDS
    app.before_request(_make_room)


def _make_room() -> None:
    """Let a signed-in user send more; the form is read before any view knows who sent it.

    A browser whose sign-in has ended sends as many fields: each project has one, and none may be lost.
    """
    if request.method == "POST" and request.path.startswith(CHOICES):
        if browser.signed_in_user() is not None:
            request.max_content_length = request.max_form_memory_size = MAX_CHOICE
            request.max_form_parts = MAX_CHOICE_FIELDS
        elif browser.browser_key() is not None:
            request.max_form_parts = MAX_CHOICE_FIELDS
    # The body may come much later; what is decided is decided at the instant after it.
    clock.restart()
