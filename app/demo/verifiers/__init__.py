"""Three verifiers to copy: for the MCP SDK, for Authlib, for plain httpx."""
