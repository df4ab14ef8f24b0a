"""Jobs of money."""
