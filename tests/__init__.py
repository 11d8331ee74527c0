"""
The tests of twistchat.

hypothesis tries the same values in every run, so a test that passes on one machine passes on all.
"""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
