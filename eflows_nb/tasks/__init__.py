"""What to compute: task functions, tasks, the data between them, and the events that tell of them."""
