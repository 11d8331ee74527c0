"""Replies to one command: how they are collected, written and worded."""
