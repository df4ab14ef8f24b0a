"""`python -m tests.members.letters.sender ISSUE`: two senders that do what the job does until it is out.

Each is a process of its own whose number is printed; one that is killed is followed by another.
"""

import os
import sys
import time

import django

django.setup()

from members.letters.sending import outbox  # noqa: E402 - after setup
from members.models import Issue  # noqa: E402 - as above

ISSUE = int(sys.argv[1])


def begin() -> int:
    """A sender; its process number."""
    pid = os.fork()
    if pid:
        print(pid, flush=True)
        return pid
    outbox.SLICE_COPIES = 50
    while Issue.objects.filter(pk=ISSUE).exclude(state=Issue.State.SENT).exists():
        outbox.go_on(ISSUE)
        time.sleep(0.02)
    os._exit(0)


if __name__ == "__main__":
    working = {begin(), begin()}
    while working:
        pid, how = os.wait()
        working.remove(pid)
        if os.WIFSIGNALED(how):
            working.add(begin())
        elif how:
            sys.exit("a sender failed")
