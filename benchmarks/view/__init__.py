"""How fast task graphs are drawn in a browser."""
