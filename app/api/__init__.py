"""Face 3: the management API under /api/v1.

Owns: its addresses, who may call them, JSON in and out, problems (RFC 9457), the OpenAPI document. Does
not own: any rule; it calls the same services as the pages and the command line.
"""

from app.api import (
    audit_events,
    authorizations,
    clients,
    credentials,
    document,
    projects,
    servers,
    users,
)
from app.api.blueprint import api

__all__ = [
    "api",
    "audit_events",
    "authorizations",
    "clients",
    "credentials",
    "document",
    "projects",
    "servers",
    "users",
]
