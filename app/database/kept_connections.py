"""Connections of the hot path: each slot or thread keeps one of the pool, with a cursor.

Taking a connection out of the pool and putting it back costs as much as a third of the statement that
it is for. A kept one is closed when its engine is disposed of, and changed after `RECYCLED_AFTER`
seconds; one on which something went wrong is not used again.
"""

import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakMethod, WeakSet

from sqlalchemy import Engine, PoolProxiedConnection, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.database import slots
from app.database.engine import RECYCLED_AFTER
from app.database.repetition import has_lost, repeated
from app.database.transactions import conflict, unavailable
from app.domain.errors import DomainError

Work = Callable[[Any], Any]


class _Kept:
    """A connection and its cursor."""

    def __init__(self, connection: PoolProxiedConnection) -> None:
        self.connection = connection
        self.cursor = connection.cursor()
        self.ends = time.monotonic() + RECYCLED_AFTER


class KeptConnections:
    """The connections of one engine, by slot; a thread without a slot has its own."""

    def __init__(self, engine: Engine) -> None:
        self._connect = WeakMethod(engine.raw_connection)  # the engine may go
        self._dialect = engine.dialect
        self._by_slot: dict[int, _Kept] = {}
        self._local = threading.local()
        self._all: WeakSet[_Kept] = WeakSet()  # a thread's goes back to the pool with the thread

    @repeated
    def read(self, work: Work) -> Any:
        """Return what `work` makes of a cursor; a dead connection is changed, and it works again.

        Raises Conflict when a constraint refuses, or Unavailable.
        """
        try:
            return self._run(work)
        except _Dead:
            return self.write(work)

    @repeated
    def write(self, work: Work) -> Any:
        """Return what `work` makes of a cursor, which is used once; raises as `read`."""
        try:
            return self._run(work)
        except _Dead as dead:
            raise unavailable(dead.error) from dead.error

    def _run(self, work: Work) -> Any:
        kept = self._own()
        if kept is None or time.monotonic() > kept.ends:
            kept = self._changed(kept)
        try:
            return work(kept.cursor)
        except self._dialect.loaded_dbapi.IntegrityError as error:
            self._drop(kept, error)
            raise conflict(error) from error
        except self._dialect.loaded_dbapi.Error as error:
            if has_lost(error):
                raise unavailable(error) from error
            driver = kept.connection.driver_connection
            is_dead = self._dialect.is_disconnect(error, driver, kept.cursor)
            self._drop(kept, error)
            if is_dead:
                raise _Dead(error) from error
            raise unavailable(error) from error
        except DomainError:
            raise  # `work` has left no transaction
        except BaseException:
            self._drop(kept, None)  # it may be amid a transaction
            raise

    def _own(self) -> _Kept | None:
        number = slots.number()
        if number is None:
            return getattr(self._local, "kept", None)
        return self._by_slot.get(number)

    def _keep(self, kept: _Kept | None) -> None:
        number = slots.number()
        if number is None:
            self._local.kept = kept
        elif kept is None:
            self._by_slot.pop(number, None)
        else:
            self._by_slot[number] = kept

    def _changed(self, old: _Kept | None) -> _Kept:
        if old is not None:
            self._drop(old, None)
        connect = self._connect()
        if connect is None:
            raise RuntimeError("the engine is gone")
        try:
            kept = _Kept(connect())
        except (self._dialect.loaded_dbapi.Error, DBAPIError, PoolTimeout) as error:
            raise unavailable(error) from error  # the pool does not wrap the driver's errors
        self._all.add(kept)
        self._keep(kept)
        return kept

    def _drop(self, kept: _Kept, error: BaseException | None) -> None:
        self._keep(None)
        self._all.discard(kept)
        kept.connection.invalidate(error)

    def close(self) -> None:
        """Close all of them; threads that go on get new ones."""
        for kept in list(self._all):
            kept.connection.invalidate()
        self._by_slot, self._local = {}, threading.local()


class _Dead(Exception):
    """The connection is dead: who only reads may do so again on another one."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


_OF_ENGINES: WeakKeyDictionary[Engine, KeptConnections] = WeakKeyDictionary()


def connections_of(engine: Engine) -> KeptConnections:
    """Return the kept connections of an engine."""
    found = _OF_ENGINES.get(engine)
    if found is None:
        found = _OF_ENGINES.setdefault(engine, KeptConnections(engine))
    return found


@event.listens_for(Engine, "engine_disposed")
def _close_kept(engine: Engine) -> None:
    if (kept := _OF_ENGINES.pop(engine, None)) is not None:
        kept.close()
