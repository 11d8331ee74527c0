"""
The fixtures of the tests of the web page.
"""

from tests.web.browser import browser, files
from tests.web.logpage import makePage

__all__ = ["browser", "files", "makePage"]
