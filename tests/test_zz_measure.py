import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from newsroom import furniture
from tests.world import ADDRESSES, World, local
from tests.test_queries import BUDGETS
@pytest.mark.django_db
def test_print(cast, now, capsys):
    furniture.snapshot.trusted=True
    w=World.make(); furniture.snapshot.get()
    out=[]
    for name in ADDRESSES:
        if name in BUDGETS: continue
        path=local(ADDRESSES[name](w)[0]); row=[]
        for who in (None,cast.patron):
            c=Client()
            if who: c.force_login(who)
            c.get(path)
            with CaptureQueriesContext(connection) as q: r=c.get(path)
            row.append((len(q), r.status_code))
        out.append(f'    "{name}": ({row[0][0]}, {row[1][0]}),  # {row[0][1]} {row[1][1]}')
    furniture.snapshot.trusted=False
    open("/tmp/q.txt","w").write("\n".join(out))
