"""What programs use of PyCOMPSs' tools."""
