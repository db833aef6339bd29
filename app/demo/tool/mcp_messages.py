"""What the example tool says to an MCP server, in plain JSON-RPC, and how it reads what comes back.

One POST per message, as the streamable HTTP transport has it; the demo's servers keep no session.
"""

import json
from typing import Any

VERSION = "2025-11-25"
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": VERSION}
HELLO = {
    "protocolVersion": VERSION,
    "capabilities": {},
    "clientInfo": {"name": "flow-assistant", "version": "1"},
}
OPENING: tuple[dict[str, Any], ...] = (
    {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "whoami"}},
)
REACH = {"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": "what_may_i_do"}}


def title(message: dict[str, Any]) -> str:
    """Return what a message is called on the page."""
    called = message.get("params", {}).get("name")
    return f"{message['method']} {called}" if called else str(message["method"])


def gist(body: str) -> tuple[str, bool]:
    """Return what an answer comes to, and whether the server did what it was asked."""
    try:
        answer = json.loads(body)
        result = answer.get("result", {})
        done = "result" in answer and not result.get("isError", False)
        found = _gist_of(result) if done else answer.get("error", result.get("content"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return body, False
    return json.dumps(found, indent=2, ensure_ascii=False), done


def _gist_of(result: dict[str, Any]) -> Any:
    if "tools" in result:
        return {tool["name"]: tool["description"] for tool in result["tools"]}
    return result.get("serverInfo", result.get("structuredContent", result.get("content")))
