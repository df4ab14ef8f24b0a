"""How mail goes out and what became of it: single mails, issues in batches, provider events, suppression."""
