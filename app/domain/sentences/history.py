"""What happened to an Authorization, in a sentence an event."""

from collections.abc import Mapping
from typing import Any

from app.domain.audit import AuditKind
from app.domain.sentences.access import change_text
from app.domain.sentences.instants import span_text

SILENT = (AuditKind.SESSION_REFRESHED, AuditKind.CODE_ISSUED)
PLAIN = {
    AuditKind.AUTHORIZATION_RESUMED: "Resumed.",
    AuditKind.AUTHORIZATION_REVOKED: "Revoked.",
    AuditKind.ACCESS_TOKEN_REVOKED: "The tool gave an access token back.",
}
HAPPENED: dict[str, str] = {
    AuditKind.AUTHORIZATION_APPROVED: "Approved again.",
    AuditKind.AUTHORIZATION_EDITED: "Edited.",
    AuditKind.AUTHORIZATION_PAUSED: "Paused.",
    AuditKind.SESSION_STARTED: "A session began.",
    AuditKind.SESSION_ENDED: "A session ended.",
    AuditKind.CHOICE_REFUSED: "A change was refused.",
    AuditKind.CODE_REFUSED: "A code was refused.",
}


def event_text(kind: str, detail: Mapping[str, Any], *, is_first: bool) -> str:
    """Return an event as a sentence; `is_first` tells a first approval from a later one."""
    if kind in PLAIN:
        return PLAIN[AuditKind(kind)]
    if kind in (AuditKind.AUTHORIZATION_APPROVED, AuditKind.API_KEY_CREATED) and is_first:
        return f"Created. {change_text({'widened': list(detail.get('widened', []))})}"
    if kind == AuditKind.API_KEY_LEAKED:
        return f"Found in public at {detail.get('url')}, and revoked."
    if kind == AuditKind.API_KEY_ROTATED:
        return f"Rotated; the old text {_overlap(detail.get('overlap', 0))}."
    return f"{HAPPENED.get(kind, kind)}{_renamed(detail)}{_changed(detail)} {_why(detail)}".strip()


def _renamed(detail: Mapping[str, Any]) -> str:
    return f" Renamed to {detail['name']}." if detail.get("name") else ""


def _changed(detail: Mapping[str, Any]) -> str:
    changes = {side: list(detail.get(side, [])) for side in ("narrowed", "widened")}
    return f" {change_text(changes)}" if any(changes.values()) else ""


def _why(detail: Mapping[str, Any]) -> str:
    reason = detail.get("reason")
    return f"Why: {reason}." if reason else " ".join(detail.get("problems", []))


def _overlap(seconds: int) -> str:
    return f"lives {span_text(seconds)} more" if seconds else "stopped at once"


def first_use_text(resource_server: str) -> str:
    """Return when it was used first, as an event."""
    return f"First used, at {resource_server}."


def last_use_text(resource_server: str) -> str:
    """Return when it was used last, as an event."""
    return f"Last used, at {resource_server}."


def refused_use_text(resource_server: str, what: str, calls: int) -> str:
    """Return calls that were refused, as an event; `what` they were for."""
    times = "once" if calls == 1 else f"{calls} times"
    return f"Refused at {resource_server}: {what} ({times})."
