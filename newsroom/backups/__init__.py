"""Backups: database and media in one folder, and the way back into an empty machine.

`postgres` is the edge (pg_dump, pg_restore, psql), `folder` what lies in a backup and whether it is whole, `files`
the media, `making` and `restoring` the verbs, `holding` what must not go out a second time after a restore.

How database and media agree: files of ours are written before the rows that name them and deleted after those are
gone. Media are therefore copied, then the database is dumped (one snapshot), then media that came meanwhile are copied:
whatever a row of the snapshot names lay there in one of the two passes.
"""
