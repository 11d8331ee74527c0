"""The ways in: Twisted protocols and factories, and the plumbing they share."""
