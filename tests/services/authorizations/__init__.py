"""Tests: services/authorizations."""
