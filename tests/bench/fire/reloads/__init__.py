"""Tests of what the scenarios about reloads share."""
