"""Face 3: the management API."""
