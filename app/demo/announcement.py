"""What a demo says to the person who started it."""

from pathlib import Path

from app.demo.data_dir import DEMO_FILE, LOG_FILE
from app.demo.demo_json import TOOL_NAME, Demo
from app.demo.organisation.company import company
from app.settings import ENVIRON_FILE
from app.settings.client_documents import PROXY_NAME

OFFLINE = (
    "  This machine does not reach the internet, so MCP clients are told to register: metadata",
    "  documents, by which they would make themselves known, could not be fetched. Documents on",
    f"  localhost are taken. {PROXY_NAME} in {ENVIRON_FILE} names a proxy.",
    "",
)


def announcement(demo: Demo, data_dir: Path, *, is_offline: bool) -> str:
    """Return the URLs, the sign-in names with passwords, and, last, what to do."""
    about = {user.username: user.about for user in company().users}
    people = [
        f"  {user['username']:<8} {user['password']:<22} {about.get(user['username'], '')}".rstrip()
        for user in demo["users"]
    ]
    return "\n".join(
        (
            f"Mandate demo: {company().name}",
            "",
            f"  Mandate          {demo['issuer']}",
            f"  {TOOL_NAME:<16} {demo['tool']}   the example tool",
            f"  Resource server  {demo['resource_server']}   the example API and MCP servers",
            f"  {'MCP server':<16} {demo['mcp_servers'][0]['url']}   for any MCP client, one of five",
            "",
            f"  {'Sign in':<8} {'Password':<22} Who",
            *people,
            "",
            f"  {data_dir / DEMO_FILE} has all of this and more for scripts;",
            f"  {data_dir / LOG_FILE} has the server's log.",
            "",
            *(OFFLINE if is_offline else ()),
            f"Open {demo['tool']} and press Connect. Ctrl-C stops.",
        )
    )
