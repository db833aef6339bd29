"""The demo: its command, its data directory, the example tool and the example resource server."""
