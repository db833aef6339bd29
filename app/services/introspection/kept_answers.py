"""Finished answers of introspection, kept by what they rest on.

An answer to a request is a function of its grounds (one row that is read at every call) and of the
time. So it is kept with both, and stands as long as the row that was just read is the same and no end
has passed. It cannot be stale: nothing is trusted that was not read now. What the row does not hold,
the database counts there, by triggers: the user's roles, the Authorization's parts, and the directory
with its projects, MCP servers and resource servers.

Fifty thousand of them take less than 60 MB: bodies are packed, rows are kept as their digests, and
where bodies are large there are fewer.
"""

import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import Engine

from app.database.compiled_select import hot_path_engine
from app.domain.delegation.usage import Use
from app.domain.introspection import Resolution, next_change
from app.services.introspection.snapshot import IntrospectionSnapshot, Question, read_grounds

LIMIT = 50_000  # of a process
MOST_BYTES = 30_000_000  # of their packed bodies
UNPACKED = 16  # bodies that are asked for all the time


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer for one request, from `since` to before `until` (None: no end is known).

    The rest says as what each call of the resource server is noted.
    """

    is_key: bool
    digest: bytes
    grounds: bytes
    since: datetime
    until: datetime | None
    packed: bytes
    resource_server: str
    authorization_id: str
    session: str
    uses: tuple[Use, ...]
    refused: bool
    sent: bytes = b""

    def standing(self, at: datetime, engine: Engine) -> "KeptAnswer | None":
        """Read the grounds and return the answer to be kept if they are the same.

        Once they were compared, the bytes that the database sent stand for them in `sent`: equal bytes
        are equal grounds, and to decode them takes longer than to read them. Raises Unavailable.
        """
        if at < self.since or (self.until is not None and at >= self.until):
            return None
        found = read_grounds(Question(self.digest.hex(), self.is_key), engine)
        if found is None:
            return None
        sent = _digest(found.sent)
        if sent == self.sent:
            return self
        same = _digest(tuple(found.decoded())) == self.grounds
        return replace(self, sent=sent) if same else None

    def body(self) -> bytes:
        """Return the answer as it is sent."""
        return _unpacked(self.packed)

    def resolved(self) -> Resolution:
        """Return what to note of a call."""
        return Resolution(
            uses=self.uses,
            authorization_id=self.authorization_id,
            session=self.session,
            refused=self.refused,
        )


class KeptAnswers:
    """The answers of one app in one process, by request; the oldest make room. Safe for threads."""

    def __init__(self, limit: int = LIMIT, most_bytes: int = MOST_BYTES) -> None:
        self._limit, self._most_bytes = limit, most_bytes
        self._bytes = 0
        self._kept: OrderedDict[bytes, KeptAnswer] = OrderedDict()
        self._keeping = threading.Lock()
        self._engine: Engine | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def standing(self, key: bytes, at: datetime) -> KeptAnswer | None:
        """Return the answer of a request if it still stands, outside of a request too.

        Raises Unavailable when the database does not say.
        """
        kept, engine = self._kept.get(key), self._engine
        if kept is None or engine is None:
            return None
        found = kept.standing(at, engine)
        if found is not None and found is not kept:
            self._learn(key, kept, found)
        return found

    def _learn(self, key: bytes, kept: KeptAnswer, found: KeptAnswer) -> None:
        with self._keeping:
            if self._kept.get(key) is kept:  # else another answer has taken its place
                self._kept[key] = found

    def keep(self, key: bytes, answer: KeptAnswer) -> None:
        """Keep an answer of the running app in place of what was there."""
        with self._keeping:
            self._engine = hot_path_engine()
            old = self._kept.pop(key, None)
            self._bytes += len(answer.packed) - (len(old.packed) if old is not None else 0)
            self._kept[key] = answer
            while len(self._kept) > self._limit or self._bytes > self._most_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest.packed)


def answer_of(
    snapshot: IntrospectionSnapshot, resolved: Resolution, body: bytes, *, at: datetime
) -> KeptAnswer | None:
    """Return an active answer to be kept, None for any other."""
    server, credential, question = snapshot.server, snapshot.credential, snapshot.question
    if server is None or credential is None or question is None or resolved.active is None:
        return None
    ends = (next_change(credential, at), server.secret.overlap_ends_at(at))
    return KeptAnswer(
        is_key=question.is_key,
        digest=bytes.fromhex(question.digest),
        grounds=_digest(snapshot.grounds),
        since=at,
        until=min((end for end in ends if end is not None), default=None),
        packed=zlib.compress(body),
        resource_server=_one(server.identifier),
        authorization_id=resolved.authorization_id,
        session=resolved.session,
        uses=_one(resolved.uses),
        refused=resolved.refused,
    )


def _digest(grounds: tuple[Any, ...]) -> bytes:
    return blake2b(repr(grounds).encode(), digest_size=32).digest()


@lru_cache(UNPACKED)
def _unpacked(packed: bytes) -> bytes:
    return zlib.decompress(packed)


@lru_cache(4_096)
def _one(value: Any) -> Any:
    """Return one object for all that are equal."""
    return value
