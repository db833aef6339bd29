"""Count the changes of what an introspection rests on, so that a kept answer is known to be old.

The database itself counts, by triggers: no service can forget it, and neither can a hand with SQL. A
change that somebody can see has another number than the one before it.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
# Table, lock, and how many rows a second are gone through under it; 0: it does not depend on them.
LOCKS = (
    ("users", "ACCESS EXCLUSIVE", 0),
    ("authorizations", "ACCESS EXCLUSIVE", 0),
    ("resource_servers", "SHARE ROW EXCLUSIVE", 0),
    ("projects", "SHARE ROW EXCLUSIVE", 0),
    ("mcp_servers", "SHARE ROW EXCLUSIVE", 0),
    ("memberships", "SHARE ROW EXCLUSIVE", 0),
    ("authorization_projects", "SHARE ROW EXCLUSIVE", 0),
    ("authorization_mcp_servers", "SHARE ROW EXCLUSIVE", 0),
)

# Whose rows are counted: table, the counted row's table and column, and the key that leads there.
ROWS = (
    ("memberships", "users", "roles_version", "user_id"),
    ("authorization_projects", "authorizations", "parts_version", "authorization_id"),
    ("authorization_mcp_servers", "authorizations", "parts_version", "authorization_id"),
)
# A row that goes with its project or server is counted there already. To touch its owner as well could
# make an administrator who removes a server and a user who edits what it is part of wait for each other.
GOES_WITH = {
    "memberships": ("projects", "project_id"),
    "authorization_projects": ("projects", "project_id"),
    "authorization_mcp_servers": ("mcp_servers", "mcp_server_id"),
}
DIRECTORY = ("projects", "mcp_servers", "resource_servers")
EVENTS = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}

Counted = tuple[str, str, str, str]


def upgrade() -> None:
    version = sa.Column("roles_version", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("users", version)
    version = sa.Column("parts_version", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("authorizations", version)
    op.create_table(
        "directory_state",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("version", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_directory_state"),
    )
    op.execute("INSERT INTO directory_state (id, version) VALUES (1, 0)")
    add = _add_in_postgresql if _is_postgresql() else _add_in_sqlite
    for counted in ROWS:
        add(*counted)
    for table in DIRECTORY:
        add(table, "directory_state", "version", "1")


def downgrade() -> None:
    for table in (*(row[0] for row in ROWS), *DIRECTORY):
        if _is_postgresql():
            op.execute(f"DROP TRIGGER count_{table} ON {table}")
            op.execute(f"DROP FUNCTION count_{table}()")
        else:
            for event in EVENTS:
                op.execute(f"DROP TRIGGER count_{table}_{event}")
    op.drop_table("directory_state")
    op.drop_column("authorizations", "parts_version")
    op.drop_column("users", "roles_version")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _key(row: str, key: str) -> str:
    return key if key.isdigit() else f"{row}.{key}"


def _unless_it_went_along(table: str) -> str:
    if table not in GOES_WITH:
        return ""
    parent, key = GOES_WITH[table]
    return f"AND EXISTS (SELECT FROM {parent} WHERE id = OLD.{key})"


def _add_in_sqlite(table: str, owner: str, column: str, key: str) -> None:
    """One writer at a time: each change of a row counts one on."""
    for event, rows in EVENTS.items():
        updates = " ".join(
            f"UPDATE {owner} SET {column} = {column} + 1 WHERE id = {_key(row, key)};"
            for row in rows
        )
        name = f"count_{table}_{event}"
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {updates} END")


def _add_in_postgresql(table: str, owner: str, column: str, key: str) -> None:
    """The number is that of the transaction: a thousand changes in one of them cost one update."""
    updates = " ".join(
        f"IF TG_OP IN ({ops}) THEN UPDATE {owner} SET {column} = now_in"
        f" WHERE id = {_key(row, key)} AND {column} <> now_in {also}; END IF;"
        for row, ops, also in (
            ("OLD", "'UPDATE', 'DELETE'", _unless_it_went_along(table)),
            ("NEW", "'INSERT', 'UPDATE'", ""),
        )
    )
    op.execute(
        # A restore of data sets another search path.
        f"CREATE FUNCTION count_{table}() RETURNS trigger LANGUAGE plpgsql"
        " SET search_path FROM CURRENT AS $$"
        " DECLARE now_in bigint := pg_current_xact_id()::text::bigint;"
        f" BEGIN {updates} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER count_{table} AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION count_{table}()"
    )
