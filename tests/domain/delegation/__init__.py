"""Tests: domain/delegation."""
