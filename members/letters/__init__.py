"""Letters: newsletters, consent and every mail as one row."""
