"""What a list says of an Authorization that its user should look at, and what to do about it."""

from datetime import datetime

from app.domain.sentences.instants import instant_text
from app.domain.sentences.lists import count_text

UNUSED = ("has not been used for 60 days.", "Pause or revoke it")
STRONG = ("can do powerful things, and anyone can call themselves that.", "Check what it may do")
REFUSED_ACTION = "See what"


def refused_text(calls: int, last: datetime) -> str:
    """Return that calls were refused, and when the last one was."""
    return f"was refused {count_text(calls, 'call')}, the last on {instant_text(last)}."
