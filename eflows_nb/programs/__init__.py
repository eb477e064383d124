"""Task functions that are more than a function: programs, requests, reductions, streams."""
