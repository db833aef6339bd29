"""The names of what is recorded: `noun.verb`, in the past tense."""

from enum import StrEnum


class AuditKind(StrEnum):
    """Every kind of AuditEvent."""

    USER_ADDED = "user.added"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_SIGNED_IN = "user.signed_in"
    USER_SIGN_IN_REFUSED = "user.sign_in_refused"
    USER_SIGNED_OUT = "user.signed_out"
    USER_CONFIRMED = "user.confirmed"
    USER_PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 - a kind of event, no secret
    USER_PASSWORD_LINK_ISSUED = "user.password_link_issued"  # noqa: S105 - a kind of event, no secret
    USER_PASSWORD_RESET = "user.password_reset"  # noqa: S105 - a kind of event, no secret
    USER_SESSION_ENDED = "user.session_ended"
    PROJECT_ADDED = "project.added"
    MEMBERSHIP_SET = "membership.set"
    MEMBERSHIP_REMOVED = "membership.removed"
    MEMBERS_REPLACED = "membership.replaced"
    MCP_SERVER_ADDED = "mcp_server.added"
    MCP_SERVER_REMOVED = "mcp_server.removed"
    RESOURCE_SERVER_ADDED = "resource_server.added"
    RESOURCE_SERVER_SECRET_ROTATED = "resource_server.secret_rotated"  # noqa: S105 - no secret
    RESOURCE_SERVER_DISABLED = "resource_server.disabled"
    RESOURCE_SERVER_ENABLED = "resource_server.enabled"
    RESOURCE_SERVER_REMOVED = "resource_server.removed"
    SERVICE_ACCOUNT_ADDED = "service_account.added"
    MANAGEMENT_TOKEN_ISSUED = "management_token.issued"  # noqa: S105 - a kind of event, no secret
    MANAGEMENT_TOKEN_REVOKED = "management_token.revoked"  # noqa: S105 - a kind of event, no secret
    CLIENT_ADDED = "client.added"
    CLIENT_SECRET_ROTATED = "client.secret_rotated"  # noqa: S105 - a kind of event, no secret
    CLIENT_DISABLED = "client.disabled"
    CLIENT_ENABLED = "client.enabled"
    CLIENT_REGISTERED = "client.registered"
    CLIENT_UPDATED = "client.updated"
    CLIENT_REMOVED = "client.removed"
    CLIENTS_PURGED = "client.purged"
    AUTHORIZATION_APPROVED = "authorization.approved"
    AUTHORIZATION_EDITED = "authorization.edited"
    AUTHORIZATION_DENIED = "authorization.denied"
    AUTHORIZATION_PAUSED = "authorization.paused"
    AUTHORIZATION_RESUMED = "authorization.resumed"
    AUTHORIZATION_REVOKED = "authorization.revoked"
    CHOICE_REFUSED = "authorization.choice_refused"
    API_KEY_CREATED = "api_key.created"
    API_KEY_ROTATED = "api_key.rotated"
    API_KEY_LEAKED = "api_key.leaked"
    CODE_ISSUED = "code.issued"
    CODE_REFUSED = "code.refused"
    SESSION_STARTED = "session.started"
    SESSION_REFRESHED = "session.refreshed"
    SESSION_ENDED = "session.ended"
    ACCESS_TOKEN_REVOKED = "access_token.revoked"  # noqa: S105 - a kind of event, no secret
    AUDIT_EVENTS_REMOVED = "audit_events.removed"
    SESSIONS_ENDED = "sessions.ended"
    DATABASE_RESTORED = "database.restored"
