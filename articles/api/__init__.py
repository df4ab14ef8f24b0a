"""The content API: stories and what they belong to as JSON, read-only, through the gate."""
