"""Giving back the space that deleted rows held in an SQLite file.

SQLite keeps the pages of deleted rows for new ones, and the file stays as large as it ever was.
PostgreSQL looks after itself.
"""

import structlog
from sqlalchemy import Engine

from app.extensions import db

log = structlog.get_logger()
WORTH_IT = 0.25  # the part of the file that is free; below it new rows will soon fill the pages


def give_back() -> int:
    """Write an SQLite file anew when much of it is free, and return the bytes that it is smaller by.

    Writers wait meanwhile, about a second for each 100 MB. Where it cannot be done (another process
    writes all the time, the disk is full) the file stays as it is and the log says so.
    """
    engine = db.engine
    return _shrunk(engine) if engine.dialect.name == "sqlite" else 0


def _shrunk(engine: Engine) -> int:
    # Neither VACUUM nor a checkpoint may run inside a transaction.
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()

        def number(pragma: str) -> int:
            return int(cursor.execute(f"PRAGMA {pragma}").fetchone()[0])

        before = number("page_count")
        if number("freelist_count") < before * WORTH_IT:
            return 0
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (before - number("page_count")) * number("page_size")
    except engine.dialect.loaded_dbapi.Error as error:
        log.warning("database.not_shrunk", detail=str(error))
        return 0
    finally:
        connection.close()
