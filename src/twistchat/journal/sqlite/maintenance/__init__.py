"""Work on whole files of journals: copies, checks, comparisons and imports."""
