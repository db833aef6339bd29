"""Tests: services/directory."""
