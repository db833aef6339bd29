"""The secret key: long, and not made of what a keyboard or an alphabet has in a row."""

from itertools import pairwise

from app.domain.errors import Misconfigured

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


def read_secret_key(text: str) -> str:
    """Return the key; raises Misconfigured for one that could be guessed."""
    lower = text.lower()
    steps = sum(pair in STEPS for pair in pairwise(lower))
    is_weak = len(set(text)) < MIN_KINDS or len(text) - steps < MIN_UNPREDICTABLE
    if len(text) < MIN_LENGTH or is_weak:
        raise Misconfigured(
            f"MANDATE_SECRET_KEY needs at least {MIN_LENGTH} unpredictable characters."
        )
    return text
