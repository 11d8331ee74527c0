"""Tests of logins with providers of OpenID Connect."""
