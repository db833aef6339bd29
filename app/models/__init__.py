"""Tables and their constraints, no rules.

Owns: the columns, and the mapping of aware UTC times. Does not own: any decision; those are in
`app.domain`. Only services import it. A secret's column is called `*_digest` and never holds text.
The row that carries a client's sign-in is the class `ClientSession` (table `sessions`), because
`Session` is SQLAlchemy's word.
A device's request is a DeviceCode; typing its code adds an AuthorizationRequest, as a browser's does.
"""

from app.models.accounts import BrowserSession, FailureCount, KeptForm, PasswordLink
from app.models.activity import Activity
from app.models.audit import AuditEvent, AuditSegment
from app.models.authorizations import (
    Authorization,
    AuthorizationMcpServer,
    AuthorizationProject,
    AuthorizationRequest,
)
from app.models.clients import Client, ClientLogo, ResourceServer
from app.models.devices import DeviceCode
from app.models.directory import DirectoryState, McpServer, Membership, Project, User
from app.models.leases import Lease
from app.models.tokens import AccessToken, ApiKey, AuthorizationCode, ClientSession, ManagementToken

__all__ = [
    "AccessToken",
    "Activity",
    "ApiKey",
    "AuditEvent",
    "AuditSegment",
    "Authorization",
    "AuthorizationCode",
    "AuthorizationMcpServer",
    "AuthorizationProject",
    "AuthorizationRequest",
    "BrowserSession",
    "Client",
    "ClientLogo",
    "ClientSession",
    "DeviceCode",
    "DirectoryState",
    "FailureCount",
    "KeptForm",
    "Lease",
    "ManagementToken",
    "McpServer",
    "Membership",
    "PasswordLink",
    "Project",
    "ResourceServer",
    "User",
]
