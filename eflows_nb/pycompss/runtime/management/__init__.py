"""Names that programs import from PyCOMPSs' runtime."""
