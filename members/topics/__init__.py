"""Topics: what patrons vote on."""
