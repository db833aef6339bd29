"""The example tool: a small real OAuth client with one page. It imports nothing of the server."""
