"""Tests: services/accounts."""
