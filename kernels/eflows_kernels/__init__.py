"""Compute kernels of eflows-nb: arrays in, arrays out, no files, no clocks, no workflow."""
