"""Where doors listen: endpoints, proxies in front of them, and the certificates of clients."""
