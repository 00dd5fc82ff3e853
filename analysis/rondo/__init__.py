"""Rondo's analysis: starts the simulator, reads its JSON, and makes sweeps, comparisons, tables and figures
of it."""
