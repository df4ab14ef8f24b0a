"""Jobs of articles."""
