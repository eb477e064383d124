"""Drives a task graph: decides what runs where, brings results back, and tells those who watch."""
