"""Other authorization servers, to be measured beside Mandate wherever somebody has installed them.

One directory holds them all: npm's in `node_modules`, Python's in `venv`. Each module has
`is_installed(directory)` and `standing(directory, postgres, workers)`, which runs the peer on a database
of its own.
"""
