"""What of PyCOMPSs' own runtime programs use by name."""
