"""Registered resources by their URIs, kept in a process for as long as the directory is the same."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.resources import canonical, is_resource_uri
from app.services.directory.audiences import Audience, recognise_one

LIMIT = 10_000


class KeptAudiences:
    """What `recognise_one` said, under the number by which the database counts the directory's changes.

    `context` is entered to use the database outside of a request. Safe for threads.
    """

    def __init__(self, context: Callable[[], AbstractContextManager[object]]) -> None:
        self._context = context
        self._kept: tuple[int, dict[tuple[str, str], Audience]] = (-1, {})

    @repeated
    def recognise(self, uri: str, *, default: str, directory: int) -> Audience:
        """Return the registered resource of a URI; raises TargetRejected as `recognise_one`.

        `directory` is its number, just read. What is looked up now is as new as that, or newer.
        """
        number, kept = self._kept
        if number != directory or len(kept) > LIMIT:
            self._kept = (directory, kept := {})
        key = (canonical(uri) if is_resource_uri(uri) else uri, default)
        if key not in kept:  # what is unknown raises, and is not kept
            with self._context(), reading() as session:
                kept[key] = recognise_one(session, uri, default=default)
        return kept[key]
