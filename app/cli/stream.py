"""What a list command says, written row by row: the list is never held as a whole."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TextIO

NONE = "none"
MEASURED = 200  # rows that the widths of the columns are taken from


@dataclass(frozen=True, slots=True)
class Stream:
    """Items for programs and for people: `value` makes JSON of one, `cells` a row under `headings`."""

    items: Iterable[Any]
    value: Callable[[Any], Any]
    headings: Sequence[str]
    cells: Callable[[Any], Sequence[object]]

    def write(self, out: TextIO, *, as_json: bool) -> None:
        """Write everything, as one JSON array or as lines of text.

        What fails before the first item leaves nothing behind.
        """
        out.writelines(self._json() if as_json else self._lines())
        out.flush()  # a reader that went away is noticed here, and not when Python ends

    def _json(self) -> Iterator[str]:
        opening = "["
        for item in self.items:
            made = json.dumps(self.value(item), indent=2).replace("\n", "\n  ")
            yield f"{opening}\n  {made}"
            opening = ","
        yield "[]\n" if opening == "[" else "\n]\n"

    def _lines(self) -> Iterator[str]:
        rows = ([str(cell) for cell in self.cells(item)] for item in self.items)
        first = list(islice(rows, MEASURED))
        if not first:
            yield f"{NONE}\n"
            return
        widths = widths_of([self.headings, *first])
        for row in chain([self.headings], first, rows):
            yield f"{line_of(row, widths)}\n"


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Objects for a collector: one a line, whether JSON is asked for or not."""

    items: Iterable[Any]
    value: Callable[[Any], Any]

    def write(self, out: TextIO, *, as_json: bool) -> None:
        """Write everything; what fails before the first item leaves nothing behind."""
        del as_json
        out.writelines(f"{json.dumps(self.value(item))}\n" for item in self.items)


def widths_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column of rows is, in letters."""
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def line_of(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return a row as a line; a cell that is wider than its column moves the rest on."""
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
