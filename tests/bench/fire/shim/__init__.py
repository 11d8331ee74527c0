"""Tests of the preloaded library, its record and the model of a disk."""
