"""What a client may be: its metadata, its redirect URIs and where a metadata document may lie.

Owns: RFC 7591 metadata, redirect URI rules (RFC 6749 section 3.1.2, RFC 8252), document URLs.
Does not own: the client's row (`app.services.clients`).
"""
