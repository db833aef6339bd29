"""Tests: what Mandate is deployed with."""
