"""Credentials as text: secrets, user codes, passwords, PKCE and the rotation of refresh tokens.

Owns: their form and how one is judged without the database. It draws randomness for new secrets, the
one exception to a pure domain. Does not own: where a digest is kept.
"""
