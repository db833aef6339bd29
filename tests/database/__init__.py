"""Tests: database."""
