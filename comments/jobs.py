"""Jobs of replies."""
