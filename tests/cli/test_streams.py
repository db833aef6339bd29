"""Lists are written row by row: one JSON value, aligned text, and a quiet end when nobody reads on."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.base import table
from app.cli.stream import MEASURED, Stream
from tests.drivers.command_line import Mandate, environment, outside
from tests.drivers.events import add_events
from tests.drivers.programs import Program

HEADINGS = ("n", "word")


def written(items: list[dict[str, object]], *, as_json: bool) -> str:
    out = io.StringIO()
    stream = Stream(iter(items), lambda item: item, HEADINGS, lambda item: tuple(item.values()))
    stream.write(out, as_json=as_json)
    return out.getvalue()


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_a_stream_says_what_a_whole_value_would_say(number: int) -> None:
    items = [{"n": n, "word": "two\n\u2028lines é"} for n in range(number)]
    assert written(items, as_json=True) == json.dumps(items, indent=2) + "\n"
    rows = [tuple(item.values()) for item in items]
    assert written(items, as_json=False) == table(HEADINGS, rows) + "\n"


def test_a_wide_cell_after_the_first_page_moves_its_line_alone() -> None:
    items = [{"n": 1, "word": "x"} for _ in range(MEASURED)] + [{"n": 1_000, "word": "y"}]
    lines = written([*items, items[0]], as_json=False).splitlines()
    assert lines[-2:] == ["1000  y", "1  x"]


def test_what_fails_before_the_first_item_leaves_nothing_behind() -> None:
    nothing: list[dict[str, object]] = []
    for as_json in (True, False):
        out = io.StringIO()
        items = (nothing[number] for number in range(2))
        stream = Stream(items, lambda item: item, HEADINGS, lambda item: (item, item))
        with pytest.raises(LookupError):
            stream.write(out, as_json=as_json)
        assert out.getvalue() == ""


def test_a_list_is_written_before_it_is_read_to_the_end() -> None:
    taken: list[int] = []
    out = io.StringIO()

    def numbers() -> Iterator[int]:
        for n in range(1_000):
            taken.append(n)
            assert len(taken) - out.getvalue().count("\n") <= MEASURED + 1
            yield n

    Stream(numbers(), lambda n: n, ("n",), lambda n: (n,)).write(out, as_json=False)
    assert len(taken) == 1_000


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize("number", [3, 5_000])
def test_a_reader_that_goes_away_ends_the_list_quietly(
    mandate: Mandate, database: Path, number: int, options: tuple[str, ...]
) -> None:
    """Also when everything fits into one buffer, which is written at the end."""
    add_events(database, number)
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reader, os.fdopen(write, "wb") as writer:
        settings = {**outside(), **environment(database)}
        if number == 3:
            reader.close()
        with Program(["audit", *options], settings, stdout=writer) as program:
            writer.close()
            if number > 3:
                assert reader.readline()
            reader.close()
            assert program.communicate()[1] == ""
            assert program.returncode == 1


def test_every_list_command_streams(mandate: Mandate) -> None:
    mandate("project", "add", "pay", "--name", "Payments")
    mandate("project", "add", "web", "--name", "Website")
    mandate("user", "add", "ben", "--email", "ben@example.org")
    mandate("user", "add", "Ada", "--email", "ada@example.org", "--admin")
    for name in ("zeta", "alpha"):
        mandate("resource-server", "add", name, "--audience", f"https://{name}.example")
        mandate("client", "add", "--name", name, "--redirect-uri", "https://x.example/cb")
        mandate(
            "mcp-server",
            "add",
            name,
            "--project",
            "pay",
            "--url",
            f"https://m.example/{name}",
            "--name",
            name,
        )
    for group, key, names in (
        ("project", "slug", ["pay", "web"]),
        ("user", "username", ["Ada", "ben"]),
        ("resource-server", "client_id", ["alpha", "zeta"]),
        ("client", "name", ["alpha", "zeta"]),
        ("mcp-server", "identifier", ["alpha", "zeta"]),
    ):
        assert [row[key] for row in mandate(group, "list", "--json").value] == names
        assert len(mandate(group, "list").out.splitlines()) == 3
