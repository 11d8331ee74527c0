"""
Logging in with a provider of OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0, section
3.1; RFC 7636).

C{places} answers the browser.  Only C{fetch} and C{token} import treq and joserfc, and C{places} imports those two when
somebody logs in with a provider.
"""
