"""How much a request may send."""

from flask import Flask, request

MAX_BODY = 256 * 1024
MAX_CHOICE = 2 * 1024 * 1024
CHOICES = ("/settings/", "/consent/")


def install(app: Flask) -> None:
    """Bound every request's body, and leave room for a form that names thousands of MCP servers."""
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.before_request(_make_room)


def _make_room() -> None:
    if request.path.startswith(CHOICES):
        request.max_content_length = request.max_form_memory_size = MAX_CHOICE
