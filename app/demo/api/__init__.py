"""The example resource server: an API and MCP servers that ask Mandate what a token may do."""
