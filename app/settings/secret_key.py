"""The secret keys: long, and not made of what a keyboard or an alphabet has in a row."""

import re
from itertools import pairwise

from app.domain.errors import Misconfigured

NAME = "MANDATE_SECRET_KEY"
BETWEEN = re.compile(r"[\s,]+")
MIN_LENGTH = 32
MIN_KINDS = 8
MIN_UNPREDICTABLE = 12
ROWS = (
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnmqwertyuiop",
    "qwertzuiopasdfghjklyxcvbnmqwertzuiop",
)
STEPS = frozenset(pair for row in ROWS for way in (row, row[::-1]) for pair in pairwise(way))


def read_secret_keys(text: str) -> tuple[str, ...]:
    """Return the keys of a list with commas or white space between them: the first one signs.

    Raises Misconfigured when there is none, or for one that could be guessed.
    """
    keys = tuple(key for key in BETWEEN.split(text) if key)
    weak = [place for place, key in enumerate(keys, 1) if _is_weak(key)]
    if not keys or weak:
        which = f" Key {weak[0]} of {len(keys)} is weaker." if len(keys) > 1 else ""
        raise Misconfigured(
            f"{NAME} needs at least {MIN_LENGTH} unpredictable characters, without comma or "
            f"white space.{which}"
        )
    return keys


def _is_weak(key: str) -> bool:
    steps = sum(pair in STEPS for pair in pairwise(key.lower()))
    is_guessable = len(set(key)) < MIN_KINDS or len(key) - steps < MIN_UNPREDICTABLE
    return len(key) < MIN_LENGTH or is_guessable
