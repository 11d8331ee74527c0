"""Search: the word index of the journal, and searches in it."""
