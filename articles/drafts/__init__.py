"""What happens to a story before readers know it: unsaved text, versions compared, notes, looks from outside."""
