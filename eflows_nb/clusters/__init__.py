"""Where tasks run: in this process, or on engines that ipyparallel launches and names."""
