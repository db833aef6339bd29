"""Tests: domain/clients."""
