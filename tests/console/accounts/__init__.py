"""Tests of the commands about accounts and passwords."""
