"""Task cells: notebook cells that run as tasks, their inputs and outputs inferred from their code."""
