"""The same work on several task runtimes, side by side; `benchmarks/peers.py` is the command."""
