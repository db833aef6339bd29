"""Audit events in the words of OCSF 1.3 (schema.ocsf.io), for collectors: what has a name there gets it.

The rest stands under `unmapped`. The identifier of a type is that of its class, times 100, plus that of
its activity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from app.domain.audit import AuditKind

VERSION = "1.3.0"
PRODUCT = {"name": "Mandate", "vendor_name": "Mandate"}
ACCOUNT, AUTHENTICATION, SESSION, ENTITY, API = 3001, 3002, 3003, 3004, 6003
CLASSES = {
    ACCOUNT: "Account Change",
    AUTHENTICATION: "Authentication",
    SESSION: "Authorize Session",
    ENTITY: "Entity Management",
    API: "API Activity",
}
CREATE, UPDATE, DELETE, OTHER = 1, 3, 4, 99  # of entities and of calls
LOGON, LOGOFF = 1, 2
ADDED, ENABLED, CHANGED_PASSWORD, RESET_PASSWORD, DISABLED, ATTACHED, DETACHED = 1, 2, 3, 4, 5, 7, 8
ASSIGNED = 1
INFORMATIONAL, LOW, MEDIUM, HIGH = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a kind of event is in OCSF; `entity` is the type of what an Entity Management is about."""

    class_uid: int
    activity_id: int
    severity_id: int = INFORMATIONAL
    is_good: bool = True
    entity: str = ""


def _entity(name: str, activity: int, severity: int = INFORMATIONAL) -> Meaning:
    return Meaning(ENTITY, activity, severity, entity=name)


MEANINGS: Mapping[str, Meaning] = {
    AuditKind.USER_ADDED: Meaning(ACCOUNT, ADDED),
    AuditKind.USER_DISABLED: Meaning(ACCOUNT, DISABLED),
    AuditKind.USER_ENABLED: Meaning(ACCOUNT, ENABLED),
    AuditKind.USER_SIGNED_IN: Meaning(AUTHENTICATION, LOGON),
    AuditKind.USER_SIGN_IN_REFUSED: Meaning(AUTHENTICATION, LOGON, LOW, is_good=False),
    AuditKind.USER_SIGNED_OUT: Meaning(AUTHENTICATION, LOGOFF),
    AuditKind.USER_CONFIRMED: Meaning(AUTHENTICATION, OTHER),
    AuditKind.USER_PASSWORD_CHANGED: Meaning(ACCOUNT, CHANGED_PASSWORD),
    AuditKind.USER_PASSWORD_LINK_ISSUED: Meaning(ACCOUNT, OTHER),
    AuditKind.USER_PASSWORD_RESET: Meaning(ACCOUNT, RESET_PASSWORD),
    AuditKind.USER_SESSION_ENDED: Meaning(AUTHENTICATION, LOGOFF),
    AuditKind.PROJECT_ADDED: _entity("project", CREATE),
    AuditKind.MEMBERSHIP_SET: Meaning(ACCOUNT, ATTACHED),
    AuditKind.MEMBERSHIP_REMOVED: Meaning(ACCOUNT, DETACHED),
    AuditKind.MEMBERS_REPLACED: _entity("project", UPDATE),
    AuditKind.MCP_SERVER_ADDED: _entity("MCP server", CREATE),
    AuditKind.MCP_SERVER_REMOVED: _entity("MCP server", DELETE),
    AuditKind.RESOURCE_SERVER_ADDED: _entity("resource server", CREATE),
    AuditKind.RESOURCE_SERVER_SECRET_ROTATED: _entity("resource server", UPDATE),
    AuditKind.RESOURCE_SERVER_DISABLED: _entity("resource server", UPDATE),
    AuditKind.RESOURCE_SERVER_ENABLED: _entity("resource server", UPDATE),
    AuditKind.RESOURCE_SERVER_REMOVED: _entity("resource server", DELETE),
    AuditKind.SERVICE_ACCOUNT_ADDED: _entity("service account", CREATE),
    AuditKind.MANAGEMENT_TOKEN_ISSUED: Meaning(API, CREATE),
    AuditKind.MANAGEMENT_TOKEN_REVOKED: Meaning(API, DELETE),
    AuditKind.CLIENT_ADDED: _entity("client", CREATE),
    AuditKind.CLIENT_SECRET_ROTATED: _entity("client", UPDATE),
    AuditKind.CLIENT_DISABLED: _entity("client", UPDATE),
    AuditKind.CLIENT_ENABLED: _entity("client", UPDATE),
    AuditKind.CLIENT_REGISTERED: _entity("client", CREATE),
    AuditKind.CLIENT_UPDATED: _entity("client", UPDATE),
    AuditKind.CLIENT_REMOVED: _entity("client", DELETE),
    AuditKind.CLIENTS_PURGED: _entity("client", DELETE),
    AuditKind.AUTHORIZATION_APPROVED: Meaning(SESSION, ASSIGNED),
    AuditKind.AUTHORIZATION_EDITED: _entity("authorization", UPDATE),
    AuditKind.AUTHORIZATION_DENIED: Meaning(ENTITY, OTHER, is_good=False, entity="client"),
    AuditKind.AUTHORIZATION_PAUSED: _entity("authorization", UPDATE),
    AuditKind.AUTHORIZATION_RESUMED: _entity("authorization", UPDATE),
    AuditKind.AUTHORIZATION_REVOKED: _entity("authorization", DELETE),
    AuditKind.CHOICE_REFUSED: Meaning(ENTITY, UPDATE, LOW, is_good=False, entity="authorization"),
    AuditKind.API_KEY_CREATED: Meaning(SESSION, ASSIGNED),
    AuditKind.API_KEY_ROTATED: _entity("API key", UPDATE),
    AuditKind.API_KEY_LEAKED: _entity("API key", DELETE, HIGH),
    AuditKind.CODE_ISSUED: Meaning(API, CREATE),
    AuditKind.CODE_REFUSED: Meaning(API, CREATE, LOW, is_good=False),
    AuditKind.SESSION_STARTED: Meaning(API, CREATE),
    AuditKind.SESSION_REFRESHED: Meaning(API, UPDATE),
    AuditKind.SESSION_ENDED: Meaning(API, DELETE),
    AuditKind.ACCESS_TOKEN_REVOKED: Meaning(API, DELETE),
    AuditKind.AUDIT_EVENTS_REMOVED: _entity("audit events", DELETE),
    AuditKind.SESSIONS_ENDED: _entity("sessions", DELETE, MEDIUM),
    AuditKind.DATABASE_RESTORED: _entity("database", UPDATE, HIGH),
}
UNKNOWN = Meaning(ENTITY, OTHER, entity="unknown")  # a kind of a newer version


def ocsf_event(
    *,
    number: int,
    at: datetime,
    kind: str,
    actor: str,
    subject: str,
    user_id: str | None,
    detail: Mapping[str, Any],
    issuer: str,
) -> dict[str, Any]:
    """Return an audit event as an object of OCSF; `issuer` tells deployments apart."""
    meaning = MEANINGS.get(kind, UNKNOWN)
    rest = {"subject": subject, "user_id": user_id, **detail}
    told = {"address"} if user_id else {"address", "user_id"}
    return {
        "class_uid": meaning.class_uid,
        "class_name": CLASSES[meaning.class_uid],
        "category_uid": meaning.class_uid // 1_000,
        "activity_id": meaning.activity_id,
        "activity_name": kind,
        "type_uid": meaning.class_uid * 100 + meaning.activity_id,
        "time": round(at.timestamp() * 1_000),
        "severity_id": meaning.severity_id,
        "status_id": 1 if meaning.is_good else 2,
        "status": "Success" if meaning.is_good else "Failure",
        "message": f"{kind}: {subject}",
        "actor": {"user": {"uid": actor}} if actor == user_id else {"app_name": actor},
        "src_endpoint": _endpoint(str(detail.get("address", ""))),
        **_about(meaning, kind, subject, user_id, detail),
        "metadata": {
            "version": VERSION,
            "product": PRODUCT,
            "log_name": "audit",
            "event_code": kind,
            "uid": f"{issuer}#{number}",
            "sequence": number,
        },
        "unmapped": {name: value for name, value in rest.items() if name not in told},
    }


def _about(
    meaning: Meaning, kind: str, subject: str, user_id: str | None, detail: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a class names its target by."""
    if meaning.class_uid == ENTITY:
        return {"entity": {"uid": subject, "type": meaning.entity}}
    if meaning.class_uid == API:
        return {"api": {"operation": kind}}
    user = {"user": {"uid": user_id or subject}}
    if meaning.class_uid == AUTHENTICATION:
        return {**user, "service": {"name": PRODUCT["name"]}}
    if meaning.class_uid == SESSION:
        return {**user, "privileges": list(detail.get("widened", ()))}
    if "role" in detail:
        return {**user, "policy": {"name": detail["role"], "uid": f"{subject}:{detail['role']}"}}
    return user


def _endpoint(address: str) -> dict[str, str]:
    try:
        return {"ip": str(ip_address(address))}
    except ValueError:
        return {"name": address}
