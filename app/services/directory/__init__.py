"""What is there: users, projects with members, MCP servers, audiences and a user's permissions now."""
