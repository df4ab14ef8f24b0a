from random import Random
import time
from tests.members.money.test_any_order import afresh, heal, differences
from tests.members.money.histories import Life, facts, Retelling
import pytest
@pytest.mark.parametrize("n", range(3))
def test_peek(till, afresh, n):
    for k in range(3):
        afresh()
        t=time.time()
        life = Life(till, Random(n*100+k)); life.live(150)
        f = facts()
        print(n, k, [s.move for s in life.steps], {a: len(b) for a, b in f.items()}, len(life.steps[-1].stripe.events()), f"{time.time()-t:.1f}")
        print("diff", differences())
        for share in (0.5, 1.0, .0):
            t=time.time()
            Retelling(life, Random(n), share).tell()
            d = heal(); till.run_jobs()
            g = facts()
            print(share, "drifts", len(d), f"{time.time()-t:.1f}")
            for name in f:
                if f[name] != g[name]:
                    print("MISMATCH", name)
                    for a in f[name]:
                        if a not in g[name]: print("  -", a)
                    for a in g[name]:
                        if a not in f[name]: print("  +", a)
