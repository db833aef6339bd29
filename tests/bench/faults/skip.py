"""What a fault says when this machine cannot make it happen."""

from __future__ import annotations


class Skipped(Exception):
    """Its text says what is missing."""
