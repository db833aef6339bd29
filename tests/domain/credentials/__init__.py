"""Tests: domain/credentials."""
