"""Filling a database: rows like one that is there, with some columns of their own."""

from __future__ import annotations

import psycopg

EACH = 10  # tokens of a user; each user has one Authorization with one session

# Table, which of its rows is copied, and SQL for the columns that differ; n is the number of the user.
COPIES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "users",
        "username = 'ben'",
        {
            "id": "'usr_' || n",
            "username": "'user' || n",
            "username_key": "'user' || n",
            "email": "n || '@example.com'",
            "email_key": "n || '@example.com'",
        },
    ),
    (
        "memberships",
        "user_id = (SELECT id FROM users WHERE username = 'ben')",
        {"user_id": "'usr_' || n"},
    ),
    ("authorizations", "kind = 'oauth2'", {"id": "'aut_' || n", "user_id": "'usr_' || n"}),
    ("authorization_projects", "true", {"authorization_id": "'aut_' || n"}),
    (
        "sessions",
        "true",
        {
            "id": "lpad(n::text, 11, '0')",
            "authorization_id": "'aut_' || n",
            "refresh_digest": "'x' || n",
        },
    ),
    (
        "audit_events",
        "kind = 'session.started'",
        {
            "number": "nextval(pg_get_serial_sequence('audit_events', 'number'))",
            "subject": "'aut_' || n",
            "user_id": "'usr_' || n",
        },
    ),
)
COPY = """
    INSERT INTO {table}
    SELECT made.* FROM (SELECT {table} AS one FROM {table} WHERE {which} LIMIT 1) AS copied,
    generate_series({first}, {last}) AS n,
    LATERAL jsonb_populate_record(copied.one, jsonb_build_object({columns})) AS made
"""
TOKENS = """
    INSERT INTO access_tokens (id, digest, session_id, audience, issued_at, expires_at)
    SELECT 'tok_' || n || '_' || k, encode(sha256((n || '_' || k)::bytea), 'hex'),
        lpad(n::text, 11, '0'), one.audience, one.issued_at, one.expires_at
    FROM (SELECT * FROM access_tokens LIMIT 1) AS one,
    generate_series({first}, {last}) AS n, generate_series(1, {each}) AS k
"""
WIDEN = (
    "DELETE FROM projects WHERE slug LIKE 'wide-%'",
    "DELETE FROM authorization_mcp_servers",
    """
    DELETE FROM authorization_projects WHERE project_id NOT IN
        (SELECT id FROM projects WHERE slug = 'payments')
    """,
    """
    INSERT INTO projects SELECT 'prj_wide_' || n, 'wide-' || n, 'Wide ' || n, now()
    FROM generate_series(2, {number}) AS n
    """,
    """
    INSERT INTO memberships (user_id, project_id, role)
    SELECT users.id, projects.id, 'editor' FROM users, projects
    WHERE username = 'ben' AND slug LIKE 'wide-%'
    """,
    """
    INSERT INTO authorization_projects (authorization_id, project_id, role)
    SELECT authorizations.id, projects.id, 'viewer' FROM authorizations, projects, users
    WHERE users.id = user_id AND username = 'ben' AND slug LIKE 'wide-%'
    """,
)


def widen(uri: str, number: int) -> None:
    """Let each Authorization of one user have this number of elements, all of them project roles."""
    with psycopg.connect(uri, autocommit=True) as connection:
        for statement in WIDEN:
            connection.execute(statement.format(number=number).encode())


def fill(uri: str, *, before: int, tokens: int) -> None:
    """Let a database with `before` made tokens grow to `tokens`, and tell the planner."""
    first, last = before // EACH + 1, tokens // EACH
    with psycopg.connect(uri, autocommit=True) as connection:
        # Neither triggers nor foreign keys: the rows are known to be right.
        connection.execute("SET session_replication_role = replica")
        for table, which, columns in COPIES:
            listed = ", ".join(f"'{name}', {value}" for name, value in columns.items())
            connection.execute(
                COPY.format(
                    table=table, which=which, first=first, last=last, columns=listed
                ).encode()
            )
        connection.execute(TOKENS.format(first=first, last=last, each=EACH).encode())
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
