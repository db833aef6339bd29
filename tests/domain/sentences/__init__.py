"""Tests: domain/sentences."""
