"""Rounds: `voting` keeps ballots, `counting` says how a round stands, `closing` stores the result once."""
