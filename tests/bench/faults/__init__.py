"""Faults as programs: what a deployment loses when something breaks under load."""
