"""A journal for twistchat that keeps entries as lines of JSON."""
