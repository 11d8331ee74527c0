"""Faults of the disk and of the clock for a real server: a preloaded library in C, its control file and its record."""
