"""Imports of other chat servers' exports: readers make records of them, and a writer makes entries of the records."""
