"""
The web door: one C{twisted.web} site with a chat page, its files, logins, and C{/socket}, where IRC runs over
WebSockets.
"""
