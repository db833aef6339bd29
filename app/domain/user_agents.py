"""What a user agent is called in a list that its owner reads."""

from dataclasses import dataclass

# The order matters: browsers name each other, and the engine comes last.
BROWSERS = (
    ("WindowsPowerShell/", "PowerShell"),
    ("PowerShell/", "PowerShell"),
    ("Electron/", "Desktop app"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
PROGRAMS = {
    "curl": "curl",
    "wget": "Wget",
    "node": "Node.js program",
    "undici": "Node.js program",
    "axios": "Node.js program (axios)",
    "node-fetch": "Node.js program (node-fetch)",
    "deno": "Deno program",
    "bun": "Bun program",
    "python-requests": "Python program (requests)",
    "python-httpx": "Python program (httpx)",
    "python-urllib": "Python program (urllib)",
    "python-urllib3": "Python program (urllib3)",
    "go-http-client": "Go program",
    "java": "Java program",
    "java-http-client": "Java program",
    "okhttp": "Java program (OkHttp)",
    "postmanruntime": "Postman",
}
SHOWN = 60
UNKNOWN = "Unknown device"


def device_name(user_agent: str) -> str:
    """Return a readable name such as `Firefox on Linux`; it is what the device says of itself.

    An unknown one is shown as it came, cut to 60 characters.
    """
    agent = " ".join(user_agent.split())
    known = _browser(agent) if agent.startswith("Mozilla/") else _program(agent)
    return known or agent[:SHOWN].rstrip() or UNKNOWN


def _browser(agent: str) -> str:
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if browser and system else browser


def _program(agent: str) -> str:
    product = agent.partition(" ")[0].partition("/")[0]
    return PROGRAMS.get(product.lower(), "")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a request: network address and user agent."""

    address: str
    user_agent: str


def peer_of(address: str | None, user_agent: str) -> Peer:
    """Return who is at the other end, from what a request says."""
    return Peer(address or "unknown", "".join(c for c in user_agent if c.isprintable())[:300])
