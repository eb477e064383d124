"""Names that programs import from PyCOMPSs' tests."""
