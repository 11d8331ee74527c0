"""Tests of work on whole files of journals."""
