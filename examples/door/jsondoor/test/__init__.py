"""Tests of L{jsondoor}."""
