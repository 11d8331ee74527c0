"""What the scenarios about reloads share: bad configurations, the server's reports, and clients who come meanwhile."""
