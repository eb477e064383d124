"""Scratch planes of a block, and how the functions that run over them are compiled.

A block of cells keeps each quantity in a plane of one flat array, two ghost cells wide on all sides. The
compiler turns loops over planes into vector instructions thanks to two habits that are easily undone: planes
lie a constant distance apart, so overlaps need not be ruled out at run time, and indices are unsigned, so
none is checked for counting from the end. (A signed integer added to an unsigned one becomes a float in
Numba and is refused as an index, hence ONE and TWO.)
"""

import numba
import numpy as np

PLANE_SIZE = 2640
"""Cells a block may have, ghosts included: 20 rows of 132 make a scratch array of 0.45 MB."""

PLANES = 21
"""Number of planes."""

PLANE = np.uint64(PLANE_SIZE)
ONE, TWO = np.uint64(1), np.uint64(2)

ELEVATION, FLOW_X, FLOW_Y, BED, DEPTH, U, V = (np.uint64(n * PLANE_SIZE) for n in range(7))
"""The state to advance, in the order of its fields; the bed; what follows from both."""

FLUX_X, FLUX_Y = np.uint64(7 * PLANE_SIZE), np.uint64(12 * PLANE_SIZE)
"""Fluxes through the east and through the north face of each cell, in five planes each:"""

MASS, LEFT, RIGHT, ALONG, SPEED = (np.uint64(n * PLANE_SIZE) for n in range(5))

NEW_ELEVATION, NEW_FLOW_X, NEW_FLOW_Y, RATE = (np.uint64(n * PLANE_SIZE) for n in range(17, 21))
"""One row each of the advanced state, and the largest rate of each column."""

compiled = numba.njit(nogil=True, error_model="numpy")
"""Compile a function, to be called from compiled code only; LLVM decides what to inline."""
