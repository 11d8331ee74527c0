"""A multi-user chat server on Twisted: one journal, many doors."""

__version__ = "26.11.0"
