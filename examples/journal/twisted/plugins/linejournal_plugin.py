"""What this package gives to Twisted's plugin system."""

from linejournal.kind import LineKind

lineJournals = LineKind()
