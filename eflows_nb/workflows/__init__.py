"""A notebook as a unit to run again: its parameters, its headless run and what the run leaves."""
