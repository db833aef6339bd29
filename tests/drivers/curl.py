"""curl, as far as the manual uses it: a shell finds this program by that name.

It lets the manual's snippets run on a machine without curl. `tests/web/test_manual_snippets.py` runs
them with the real one too where there is one.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from urllib.parse import quote

import httpx

FORM = "application/x-www-form-urlencoded"


def install(directory: Path) -> None:
    """Put a `curl` into a directory that stands first in a PATH."""
    program = directory / "curl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "$@"\n')
    program.chmod(0o755)


def request_of(arguments: list[str]) -> httpx.Request:
    """Return the request that a command line asks for; an option that is not known ends with 2."""
    parser = ArgumentParser("curl")
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true", required=True)
    parser.add_argument("-X", dest="method")
    parser.add_argument("-u", dest="user")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="fields", action="append", default=[])
    parser.add_argument(
        "--data-urlencode", dest="fields", action="append", type=_encoded, default=[]
    )
    asked = parser.parse_args(arguments)
    headers = dict(line.split(": ", 1) for line in asked.headers)
    body = "&".join(asked.fields)
    if body:
        headers.setdefault("Content-Type", FORM)
    request = httpx.Request(
        asked.method or ("POST" if body else "GET"), asked.url, headers=headers, content=body
    )
    if asked.user is not None:
        name, _, password = asked.user.partition(":")
        request = next(httpx.BasicAuth(name, password).auth_flow(request))
    return request


def _encoded(field: str) -> str:
    name, _, value = field.partition("=")
    return f"{name}={quote(value, safe='')}"


if __name__ == "__main__":
    with httpx.Client(trust_env=False) as http:
        print(http.send(request_of(sys.argv[1:])).text, end="")
