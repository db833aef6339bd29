"""JSON from outside, read with its types: a wrong type is refused, null counts as absent."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from app.domain.errors import MetadataRefused

MAX_TEXT = 2_000
MAX_ITEMS = 50
MAX_DEPTH = 8
MAX_DIGITS = 18


def parsed(raw: bytes) -> Any:
    """Return the value of a JSON text in UTF-8; raises MetadataRefused for any other text.

    NaN, numbers beyond a double or of more than 18 digits, lone surrogates, NUL and deep nesting are
    refused too: no database column takes them. So is a member that stands twice: readers differ in which
    of the two they take (RFC 8259 section 4).
    """
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=members_once,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_whole,
        )
    except (ValueError, RecursionError):
        raise MetadataRefused("This is not JSON.") from None
    _check_strings(value, MAX_DEPTH)
    return value


def members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object as `json` found them; raises MetadataRefused for a second one."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise MetadataRefused(f"The member {name[:80]!r} stands twice.")
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("beyond a double")
    return number


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("too many digits")
    return int(text)


@dataclass(frozen=True, slots=True)
class Members:
    """The members of a JSON object."""

    found: Mapping[str, Any]

    @classmethod
    def of(cls, value: object) -> "Members":
        """Return the members of a value of `parsed`; raises MetadataRefused when it is no object."""
        if not isinstance(value, dict):
            raise MetadataRefused("The metadata must be one JSON object.")
        return cls({name: member for name, member in value.items() if member is not None})

    def has(self, name: str) -> bool:
        """Say whether the member is there."""
        return name in self.found

    def text(self, name: str) -> str | None:
        """Return a member that must be a string."""
        member = self.found.get(name)
        if member is None:
            return None
        if not isinstance(member, str) or len(member) > MAX_TEXT:
            raise MetadataRefused(f"{name} must be a string of at most {MAX_TEXT} characters.")
        return member

    def texts(self, name: str) -> tuple[str, ...] | None:
        """Return a member that must be a list of strings."""
        members = self.found.get(name)
        if members is None:
            return None
        if not isinstance(members, list) or len(members) > MAX_ITEMS:
            raise MetadataRefused(f"{name} must be a list of at most {MAX_ITEMS} strings.")
        if not all(isinstance(item, str) and len(item) <= MAX_TEXT for item in members):
            raise MetadataRefused(f"{name} must be a list of strings.")
        return tuple(members)

    def object(self, name: str) -> Mapping[str, Any] | None:
        """Return a member that must be an object."""
        member = self.found.get(name)
        if member is not None and not isinstance(member, dict):
            raise MetadataRefused(f"{name} must be an object.")
        return member


def _check_strings(value: object, depth: int) -> None:
    """Refuse what no database column takes: NUL, lone surrogates and endless nesting."""
    if depth == 0:
        raise MetadataRefused("The JSON is nested too deeply.")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_text(name)
            _check_strings(member, depth - 1)
    elif isinstance(value, list):
        for member in value:
            _check_strings(member, depth - 1)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MetadataRefused("The JSON holds text that is no Unicode.") from None
    if "\x00" in text:
        raise MetadataRefused("The JSON holds a NUL character.")
