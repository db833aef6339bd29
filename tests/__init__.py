"""The tests of Mandate."""
