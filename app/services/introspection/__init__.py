"""Introspection (RFC 7662): one statement reads a snapshot, the domain decides, activity is counted."""
