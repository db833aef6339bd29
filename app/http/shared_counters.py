"""Redis, which shares the counters of requests between processes: nothing waits long for it.

While it is away each process counts alone, which costs precision only. Its driver is imported where
Redis is used: most deployments have none.
"""

import logging
from typing import Any

import structlog

log = structlog.get_logger("mandate.limits")

TIMEOUT = 0.2  # seconds
SENTENCE = "Redis does not answer: each process counts its own requests until it does."
LIBRARY = "flask-limiter"
AWAY = "unreachable"


def options(redis_url: str | None) -> dict[str, Any]:
    """Return how to connect: one try, and no long one."""
    if redis_url is None:
        return {}
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    once = Retry(NoBackoff(), 0)
    return {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT, "retry": once}


def trouble(redis_url: str) -> str | None:
    """Return the driver's words when Redis does not answer, else None."""
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(redis_url, **options(redis_url)) as client:
            client.ping()
    except RedisError as error:
        return str(error)
    return None


class _Told(logging.Handler):
    """Puts the library's word that Redis is away into our log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one line each time that Redis goes away."""
        if AWAY in record.getMessage():
            log.warning("limits.alone", sentence=SENTENCE)


def install() -> None:
    """Let the log say when Redis is away."""
    logger = logging.getLogger(LIBRARY)
    if not any(isinstance(one, _Told) for one in logger.handlers):
        logger.addHandler(_Told())
