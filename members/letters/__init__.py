"""Letters: what we mail on request, with consent, cut by the gate, and with the truth about every message.

`joining/` is the reader's side (ask, confirm, choose, leave), `issues/` what a letter carries for whom,
`sending/` how it goes out and what became of it, `desk/` the newsroom's pages. Which stories an issue holds is
put together in `articles/letters/`: members know nothing of stories.
"""
