"""Listening: endpoints, proxies in front of them, client certificates, and detection of closed connections."""
