"""Changes past the services, each of which some answer must show; the clock begins at 12:00 UTC."""

from __future__ import annotations

CHOICE = {
    "capabilities": ["api", "mcp", "flows:edit", "apps:view"],
    "project-payments": "editor",
    "project-website": "viewer",
    "role_ends_in-website": "7200",
    "mcp_servers": ["ledger", "cms"],
    "server_ends_in-cms": "3600",
    "expires_in": "86400",
}
BEN = "(SELECT id FROM users WHERE username = 'ben')"
WEBSITE = "(SELECT id FROM projects WHERE slug = 'website')"
SANDBOX = "(SELECT id FROM projects WHERE slug = 'sandbox')"
PLAY = "(SELECT id FROM mcp_servers WHERE identifier = 'play')"
CMS = "(SELECT id FROM mcp_servers WHERE identifier = 'cms')"
MINE = "(SELECT id FROM authorizations)"
OF_BEN = f"memberships WHERE user_id = {BEN}"
SOONER, LATER = "'2026-11-22 11:00:00+00:00'", "'2026-11-22 20:00:00+00:00'"

CHANGES = [
    f"DELETE FROM {OF_BEN} AND project_id = {WEBSITE}",
    f"UPDATE memberships SET role = 'viewer' WHERE user_id = {BEN}",
    f"UPDATE memberships SET project_id = {SANDBOX} WHERE user_id = {BEN} AND role = 'editor'",
    (
        f"UPDATE memberships SET user_id = (SELECT id FROM users WHERE username = 'cleo') "
        f"WHERE user_id = {BEN} AND project_id != {WEBSITE}"
    ),
    "DELETE FROM authorization_projects",
    "UPDATE authorization_projects SET role = 'viewer'",
    f"UPDATE authorization_projects SET until_at = {SOONER}",
    f"UPDATE authorization_projects SET project_id = {SANDBOX} WHERE role = 'editor'",
    (
        f"UPDATE authorization_projects SET project_id = (SELECT id FROM projects WHERE slug = 'data')"
        f" WHERE project_id = {WEBSITE}"
    ),
    "DELETE FROM authorization_mcp_servers",
    f"UPDATE authorization_mcp_servers SET until_at = {SOONER}",
    f"UPDATE authorization_mcp_servers SET mcp_server_id = {PLAY} WHERE mcp_server_id = {CMS}",
    (
        f"UPDATE authorization_mcp_servers SET mcp_server_id = (SELECT id FROM mcp_servers "
        f"WHERE identifier = 'fraud') WHERE mcp_server_id = {CMS}"
    ),
    (
        f"INSERT INTO authorization_projects (authorization_id, project_id, role) SELECT {MINE}, id, "
        "'viewer' FROM projects WHERE slug = 'data'"
    ),
    (
        f"INSERT INTO authorization_mcp_servers (authorization_id, mcp_server_id) SELECT {MINE}, id "
        "FROM mcp_servers WHERE identifier = 'warehouse'"
    ),
    "DELETE FROM projects WHERE slug = 'website'",
    "UPDATE projects SET slug = 'site' WHERE slug = 'website'",
    "DELETE FROM mcp_servers WHERE identifier = 'ledger'",
    "UPDATE mcp_servers SET identifier = 'book' WHERE identifier = 'ledger'",
    "UPDATE mcp_servers SET url = url || '/v2', url_key = url_key || '/v2'",
    f"UPDATE mcp_servers SET project_id = {SANDBOX} WHERE identifier = 'ledger'",
    (
        "UPDATE mcp_servers SET url = 'http://127.0.0.1:8001/api', "
        "url_key = 'http://127.0.0.1:8001/api' WHERE identifier = 'play'"
    ),
    "UPDATE authorizations SET capabilities = '[\"api\"]'",
    f"UPDATE authorizations SET expires_at = {SOONER}",
    f"UPDATE authorizations SET paused_at = {SOONER}",
    f"UPDATE authorizations SET revoked_at = {SOONER}",
    "UPDATE authorizations SET version = version + 1",
    "UPDATE users SET email = 'other@example.org' WHERE username = 'ben'",
    f"UPDATE users SET disabled_at = {SOONER} WHERE username = 'ben'",
    f"UPDATE resource_servers SET disabled_at = {SOONER}",
    "UPDATE resource_servers SET secret_digest = 'x'",
    (
        "UPDATE resource_servers SET audience = 'https://other.example', "
        "audience_key = 'https://other.example' WHERE identifier = 'api'"
    ),
]
