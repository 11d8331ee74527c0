"""Replies to one command: how they are collected, encoded and worded."""
