"""Tests: bench_faults."""
