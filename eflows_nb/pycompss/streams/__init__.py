"""Streams of objects and files between tasks."""
