"""Lists: a page at a time, and the cursor by which the next one is asked for."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from pydantic import Field

from app.api.contract import Query
from app.domain.errors import Invalid

T = TypeVar("T")
Key = tuple[str, ...]


class Paging(Query):
    """How much of a list, and after what."""

    limit: int = Field(default=50, ge=1, le=500, description="Items of one page.")
    cursor: str | None = Field(default=None, max_length=2_000, description="`next` of a page.")


def page(
    query: Paging,
    read: Callable[[Key | None, int], Iterator[T]],
    key: Callable[[T], Key],
) -> tuple[list[T], str | None]:
    """Return the items of a page and the cursor of the next one, None at the end.

    `read` gives items after a key, so many at most. Raises Invalid for a cursor that is none.
    """
    after = None if query.cursor is None else _key_of(query.cursor)
    items = list(islice(read(after, query.limit + 1), query.limit + 1))
    if len(items) <= query.limit:
        return items, None
    return items[:-1], _cursor_of(key(items[-2]))


def _cursor_of(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _key_of(cursor: str) -> Key:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise Invalid("cursor: it is none of this list.") from None
    if not (isinstance(found, list) and found and all(isinstance(one, str) for one in found)):
        raise Invalid("cursor: it is none of this list.")
    if not all(one.isprintable() for one in found):
        raise Invalid("cursor: it is none of this list.")
    return tuple(found)


def single(after: Key | None) -> str | None:
    """Return the one part of a key; raises Invalid for a cursor of another list."""
    if after is None:
        return None
    if len(after) != 1:
        raise Invalid("cursor: it is none of this list.")
    return after[0]
