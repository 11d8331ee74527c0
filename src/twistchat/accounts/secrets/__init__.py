"""Secrets, without the chat: passwords and what is stored of them, tokens, codes, and the names of keys."""
