"""Tests: services/consent."""
