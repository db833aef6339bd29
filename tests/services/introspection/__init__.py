"""Tests: services/introspection."""
