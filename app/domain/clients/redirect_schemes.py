"""Schemes of redirect URIs that belong to programs on a person's computer (RFC 8252 section 7.1)."""

import re

SCHEME = re.compile(r"[a-z][a-z0-9+-]*")
# Code editors. Their makers chose names without a dot, and the programs know no other way back.
EDITORS = frozenset(
    {
        "antigravity",
        "code-oss",
        "cursor",
        "jetbrains",
        "kiro",
        "positron",
        "trae",
        "void",
        "vscode",
        "vscode-insiders",
        "vscodium",
        "windsurf",
        "windsurf-next",
        "zed",
    }
)
# Where editors themselves listen: such an address opens a file, a machine or a settings page, or it
# installs something. A tool listens under the name of its extension.
COMMANDS = frozenset(
    {
        "",
        "anysphere.cursor-deeplink",
        "extension",
        "file",
        "mcp",
        "settings",
        "ssh",
        "vscode-file",
        "vscode-remote",
    }
)
# What browsers and systems open by themselves: it runs or reads something, calls, writes or installs.
OPENED = """
about afp android-app app-prefs app-settings applescript apt bitcoin blob brave cal callto
calshow chrome chrome-extension chrome-search chrome-untrusted cid content data dav davs
devtools dict edge ethereum facetime facetime-audio feed file filesystem firefox ftp ftps geo
git googlechrome googlechromes gopher hcp help http https im imap intent irc ircs itms
itms-apps itms-appss itms-services its jar javascript jnlp jnlps ldap ldaps livescript local
magnet mailto maps market message mhtml mid mk mms mmsto mocha moz-extension news nfs nntp
onenote opera pop prefs rdp res resource rlogin rtsp safari safari-web-extension search
search-ms sftp shell shortcuts sip sips skype smb sms smsto ssh steam svn tel telnet tftp urn
vbscript view-source vivaldi vnc webcal webdav workflow ws wss wyciwyg x-man-page xmpp
"""
NEVER = frozenset(OPENED.split())
NEVER_BEGINS = ("ms-", "microsoft-", "microsoft.", "x-apple", "x-help-", "chrome-", "edge-", "web+")


def is_never(scheme: str) -> bool:
    """Say whether a scheme is no tool's own, whoever asks for it: an answer there is an attack."""
    return scheme in NEVER or scheme.startswith(NEVER_BEGINS)


def is_command(scheme: str, authority: str) -> bool:
    """Say whether an address is a command to a code editor and not a way back to a tool in it."""
    return scheme in EDITORS and authority.lower() in COMMANDS
