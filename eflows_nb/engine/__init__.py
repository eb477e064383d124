"""What runs inside an engine: a loop that takes batches of tasks, and the store of their data.

This room imports as little as it can, so that engines start fast. The records that cross the wire are
defined in `eflows_nb.engine.messages`, for both sides.
"""
