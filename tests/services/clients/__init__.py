"""Tests: services/clients."""
