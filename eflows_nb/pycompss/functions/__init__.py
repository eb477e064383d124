"""Functions on top of tasks: map, reduce, data."""
