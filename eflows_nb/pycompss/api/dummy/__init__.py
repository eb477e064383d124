"""PyCOMPSs' words without tasks: functions run where they are called, and nothing is waited for."""
