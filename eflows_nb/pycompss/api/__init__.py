"""The decorators and functions of PyCOMPSs."""
