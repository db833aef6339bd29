"""Clients and resource servers: by an administrator, by registration, by metadata document.

Owns: the client's row, its secret, its assertions, the fetch of its documents and keys.
Does not own: the rules of metadata (`app.domain.clients`).
"""
