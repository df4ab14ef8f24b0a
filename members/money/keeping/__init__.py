"""What a patron has and may change: where they stand, the portal, the pause."""
