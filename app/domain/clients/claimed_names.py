"""Names that nobody vouches for: they may not look like our own words, nor like another tool's name.

Two names look alike when nothing but case, marks, spaces and letters of other scripts tells them apart
(Unicode Technical Standard 39 has the idea; the letters here are those that pass for Latin ones).
"""

# ruff: noqa: RUF001 - letters that pass for Latin ones are what this is about

import re
import unicodedata

from app.domain.errors import MetadataRefused

OWN_PHRASES = ("verified", "registeredby", "publishedby", "youradministrator")
OWN_NAME = "mandate"
LOOK_ALIKE = str.maketrans(
    "авсԁеёгһніıɩјкӏмпорԛѕтухԝѵзиьαβεγηικνορτυχωϲϳѡɡցոօհս0134578$@|!",
    "abcdeerhhiiijklmnopqstyxwv3ubabeynikvoptuxwcjwggnohuoleastbsali",
)
NO_LETTER = re.compile(r"[\W_]+")
MISLEADS = "The client_name looks like words of this server: choose another."


def likeness(name: str) -> str:
    """Return the form in which names are compared: equal for two that look alike."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(c for c in plain if not unicodedata.category(c).startswith(("M", "C")))
    return NO_LETTER.sub("", bare.translate(LOOK_ALIKE))


def check_claimed_name(name: str) -> None:
    """Raise MetadataRefused for a name that could pass for a statement of this server."""
    whole = likeness(name)
    words = (likeness(word) for word in name.split())
    if any(phrase in whole for phrase in OWN_PHRASES) or OWN_NAME in (whole, *words):
        raise MetadataRefused(MISLEADS)
