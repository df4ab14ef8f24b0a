"""Jobs of topics."""
