"""The company of the demo and how its database is filled."""
