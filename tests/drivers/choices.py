"""Choices of all kinds on the shared field set, always the same ones in the same order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from html import unescape
from typing import Any, TypeVar

FIELD = re.compile(r"<input ([^>]*)>")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
SELECT = re.compile(r'<select name="project-([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
OPTION = re.compile(r'<option value="([^"]*)"([^>]*)>')
SPANS = ("", "900", "3600", "7200", "28800", "86400", "604800", "2592000")
ENDS = ("keep", "", "3600", "86400", "604800", "7776000", "31536000")

Item = TypeVar("Item")


class Dice:
    """Numbers without a pattern, the same ones in every run."""

    def __init__(self, seed: str) -> None:
        self._seed, self._thrown = seed, 0

    def below(self, limit: int) -> int:
        self._thrown += 1
        digest = hashlib.sha256(f"{self._seed} {self._thrown}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % limit

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def some_of(self, items: Sequence[Item]) -> list[Item]:
        """Return few, half or most of the items."""
        share = self.one_of((1, 2, 4, 6))
        return [item for item in items if self.below(7) < share]


def fields_of(page: str) -> list[dict[str, str]]:
    """Return the attributes of the inputs of a form page, in order."""
    return [
        {"is_off": "yes" if re.search(r"\bdisabled\b", found) else "", **_attributes(found)}
        for found in FIELD.findall(page)
    ]


def _attributes(text: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in ATTRIBUTE.findall(text)}


def hidden_of(page: str) -> dict[str, list[str]]:
    """Return what a form sends along unseen: `rest`, `shown_*`, `version` and the like."""
    found: dict[str, list[str]] = {}
    for field in fields_of(page):
        if field.get("type") == "hidden" and field.get("name") != "csrf_token":
            found.setdefault(field["name"], []).append(field["value"])
    return found


def choice_on(page: str, dice: Dice) -> dict[str, Any]:
    """Return what somebody may choose on a page: boxes, roles, their ends, the end of it all."""
    boxes = [f for f in fields_of(page) if f.get("type") == "checkbox" and not f["is_off"]]
    names = {
        name: [b["value"] for b in boxes if b.get("name") == name]
        for name in ("capabilities", "mcp_servers")
    }
    servers = dice.some_of(names["mcp_servers"])
    chosen: dict[str, Any] = {
        "capabilities": dice.some_of(names["capabilities"]),
        "mcp_servers": servers,
        **{f"server_ends_in-{one}": dice.one_of(SPANS) for one in dice.some_of(servers)},
    }
    for slug, options in SELECT.findall(page):
        roles = [value for value, more in OPTION.findall(options) if "disabled" not in more]
        role = dice.one_of(roles)
        chosen[f"project-{slug}"] = role
        if role and dice.below(2):
            chosen[f"role_ends_in-{slug}"] = dice.one_of(SPANS)
            lower = [value for value in roles if value and value != role][: roles.index(role) - 1]
            chosen[f"role_then-{slug}"] = dice.one_of(["", *lower])
    ends = [f["value"] for f in fields_of(page) if f.get("name") == "expires_in"]
    return {**chosen, "expires_in": dice.one_of([e for e in ENDS if e in ends])}
