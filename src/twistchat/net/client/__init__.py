"""Client protocols, over any carrier: the base that the languages share, and the parts it is composed of."""
