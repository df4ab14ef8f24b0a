"""Where stories could lead, and whether the places they lead to still answer."""
