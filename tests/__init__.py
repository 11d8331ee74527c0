"""
The tests of twistchat.

What hypothesis tries is the same in every run, so that a test that passes here passes there.
"""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
