"""WordPress: its export read item by item, and what becomes of each here."""
