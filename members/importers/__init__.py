"""People who move in from elsewhere: a table of addresses as Jetpack, Substack, Patreon or Ghost write it.

`tables` reads the file, `columns` knows what each of them calls what, `run` goes through it in batches, and each of
`subscribers`, `patrons` and `readers` brings one kind of people. Nobody is mailed, and no role is given or taken.
"""
