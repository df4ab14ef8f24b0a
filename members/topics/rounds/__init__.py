"""Rounds: `drafting` says until when they may be changed, `voting` keeps ballots (`ballots` reads and answers a
press), `standing` says which count, `counting` how a round stands, `closing` stores the result once, `exporting` lets
anybody count again, `glance` is what the rest of the site shows of the one that runs.
"""
