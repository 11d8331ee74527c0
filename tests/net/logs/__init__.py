"""Tests of what the log says about connections and logins."""
