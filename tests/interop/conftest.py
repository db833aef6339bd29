"""The demo for clients that are not ours."""

from tests.demo.conftest import house, stage

__all__ = ["house", "stage"]
