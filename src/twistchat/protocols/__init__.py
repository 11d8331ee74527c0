"""The languages that clients speak: Twisted protocols, each with its factory."""
