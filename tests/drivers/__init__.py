"""What tests drive the product with: a world of rows, browsers, tools, servers."""
