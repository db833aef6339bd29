"""The style sheets, scripts and pictures of the pages, kept by browsers for good and sent compressed.

Their addresses carry a digest of them all, so a page never meets the files of another version. One
digest for all lets scripts import each other by relative addresses.
"""

import gzip
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import brotli
from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

ENDPOINT, BELOW = "static", "/static/"
FOR_GOOD = "public, max-age=31536000, immutable"
CODINGS = ("br", "gzip", "identity")
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def install(app: Flask) -> None:
    """Serve the folder `static` of the package below addresses that carry its digest."""
    folder = Path(app.root_path) / ENDPOINT
    digest = _digest_of(folder)
    app.add_url_rule(f"{BELOW}<digest>/<path:filename>", ENDPOINT, _Files(folder, digest))

    @app.url_defaults
    def add_digest(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == ENDPOINT:
            values.setdefault("digest", digest)


def _digest_of(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir() if path.suffix in TYPES)
    text = b"".join(path.name.encode() + b"\0" + path.read_bytes() + b"\0" for path in files)
    return blake2b(text, digest_size=6).hexdigest()


class _Files:
    """The view of the folder."""

    __name__ = ENDPOINT

    def __init__(self, folder: Path, digest: str) -> None:
        self._paths = {path.name: path for path in folder.iterdir() if path.suffix in TYPES}
        self._digest = digest

    def __call__(self, digest: str, filename: str) -> Response:
        """Return a file in the coding that the browser prefers; raises NotFound."""
        path = self._paths.get(filename)
        if path is None:
            raise NotFound
        coding = request.accept_encodings.best_match(CODINGS) or "identity"
        response = Response(_body(path, coding), mimetype=TYPES[path.suffix])
        if coding != "identity":
            response.content_encoding = coding
        response.vary.add("Accept-Encoding")
        # An address of another version is a page from before an upgrade: it gets what there is now.
        response.headers["Cache-Control"] = FOR_GOOD if digest == self._digest else "no-cache"
        return response


@cache
def _body(path: Path, coding: str) -> bytes:
    """Return a file's bytes in a coding, made once."""
    plain = path.read_bytes()
    if coding == "br":
        return bytes(brotli.compress(plain))
    return gzip.compress(plain, mtime=0) if coding == "gzip" else plain
