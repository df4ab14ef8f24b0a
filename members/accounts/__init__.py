"""Accounts: an e-mail address and a code for readers, a password and a second factor for the desk."""
