"""Authorizations: their rows, lists, the editor, pausing and revoking, their history, API keys.

Owns: every write of an Authorization that stands. Does not own: approval of a request
(`app.services.consent`) and the tokens that point at an Authorization (`app.services.tokens`).
"""
