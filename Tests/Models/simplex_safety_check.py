#!/usr/bin/env python3
"""Bounded symbolic check of the Simplex vote rules (safety only).

Every guard in the rules is monotone (a certificate, once reached, stays
reached), so instead of exploring orders of events it is enough to ask an SMT
solver whether ANY set of votes that satisfies the local rules of the honest
validators yields two finalised blocks on different branches.  The Byzantine
validators may vote for everything.  Parents of blocks are chosen by the
solver, so equivocating leaders and forked proposals are covered.

usage: python3 simplex_safety_check.py [--four]     (needs z3: apt-get install python3-z3)
--four checks four validators alone, in seconds.
"""
import sys, time
from z3 import Solver, Int, Bool, Sum, If, And, Or, Not, Implies, sat, unsat

def check(n, f, views, k, quorum=None, drop=(), amnesiac=0, label=""):
    q = quorum if quorum is not None else n - (n - 1) // 3
    h = n - f
    s = Solver()
    V = range(1, views + 1)
    K = range(1, k + 1)
    nz  = {(i, v, b): Bool(f"nz_{i}_{v}_{b}") for i in range(h) for v in V for b in K}
    sk  = {(i, v): Bool(f"sk_{i}_{v}") for i in range(h) for v in V}
    fin = {(i, v, b): Bool(f"fin_{i}_{v}_{b}") for i in range(h) for v in V for b in K}
    pv  = {(v, b): Int(f"pv_{v}_{b}") for v in V for b in K}     # parent view (0 = genesis)
    pk  = {(v, b): Int(f"pk_{v}_{b}") for v in V for b in K}     # parent index
    for v in V:
        for b in K:
            s.add(pv[v, b] >= 0, pv[v, b] < v, pk[v, b] >= 0, pk[v, b] <= k)
            s.add((pv[v, b] == 0) == (pk[v, b] == 0))
    cnt = lambda xs: Sum([If(x, 1, 0) for x in xs])
    N = {(v, b): cnt([nz[i, v, b] for i in range(h)]) + f >= q for v in V for b in K}
    S = {v: cnt([sk[i, v] for i in range(h)]) + f >= q for v in V}
    F = {(v, b): cnt([fin[i, v, b] for i in range(h)]) + f >= q for v in V for b in K}
    for i in range(h):
        lossy = i < amnesiac            # honest, but lost its vote records once
        for v in V:
            if "one_notarize" not in drop and not lossy:
                for a in K:
                    for b in K:
                        if a < b:
                            s.add(Not(And(nz[i, v, a], nz[i, v, b])))
            for b in K:
                conds = []
                if "parent_notarized" not in drop:
                    conds.append(Or([pv[v, b] == 0] + [And(pv[v, b] == u, pk[v, b] == a, N[u, a])
                                                       for u in range(1, v) for a in K]))
                if "skips_between" not in drop:
                    for u in range(1, v):
                        conds.append(Implies(pv[v, b] < u, S[u]))
                if conds:
                    s.add(Implies(nz[i, v, b], And(conds)))
                if "finalize_needs_notarization" not in drop:
                    s.add(Implies(fin[i, v, b], N[v, b]))
                if "finalize_xor_nullify" not in drop and not lossy:
                    s.add(Not(And(fin[i, v, b], sk[i, v])))
    # ancestor index of block (v,b) at view u (0 = none)
    A = {}
    for v in V:
        for b in K:
            for u in range(1, v + 1):
                if u == v:
                    A[v, b, u] = b
                    continue
                expr = If(pv[v, b] == u, pk[v, b], 0)
                for w in range(u + 1, v):
                    for a in K:
                        expr = If(And(pv[v, b] == w, pk[v, b] == a), A[w, a, u], expr)
                A[v, b, u] = expr
    bad = []
    for v in V:
        for b in K:
            for u in range(1, v + 1):
                for a in K:
                    if (u, a) == (v, b):
                        continue
                    bad.append(And(F[v, b], F[u, a], A[v, b, u] != a))
    s.add(Or(bad))
    t = time.time(); r = s.check(); dt = time.time() - t
    verdict = {"sat": "VIOLATION", "unsat": "safe"}.get(str(r), str(r))
    print(f"{label:52s} n={n} f={f} q={q} views={views} blocks/view={k}: {verdict:9s} ({dt:.1f}s)", flush=True)
    if r == sat and "-v" in sys.argv:
        m = s.model()
        for v in V:
            for b in K:
                nv = [i for i in range(h) if m.eval(nz[i, v, b], True)]
                fv = [i for i in range(h) if m.eval(fin[i, v, b], True)]
                if nv or fv:
                    print(f"   block ({v},{b}) parent ({m.eval(pv[v,b],True)},{m.eval(pk[v,b],True)}) notarize={nv} finalize={fv}")
            print(f"   view {v} nullify={[i for i in range(h) if m.eval(sk[i, v], True)]}")
    return r

if __name__ == "__main__":
    if "--four" in sys.argv:
        wrong = 0
        full = [(4, 1, 4, 2)]
        for n, f, views, k in full:
            wrong += check(n, f, views, k, label="full rules") != unsat
        for d in ["finalize_xor_nullify", "skips_between", "one_notarize", "parent_notarized",
                  "finalize_needs_notarization"]:
            wrong += check(4, 1, 3, 2, drop=(d,), label="without " + d) != sat
        wrong += check(4, 1, 3, 2, amnesiac=1, label="f Byzantine + 1 that lost its votes") != sat
        wrong += check(4, 0, 3, 2, amnesiac=1, label="0 Byzantine + 1 that lost its votes") != unsat
        wrong += check(4, 2, 3, 2, label="2 Byzantine of 4") != sat
        sys.exit(1 if wrong else 0)
    print("-- full rules")
    for n, f, views, k in [(4,1,4,2),(4,1,5,3),(5,1,4,2),(6,1,4,2),(7,2,4,2),(7,2,5,2),(10,3,4,2)]:
        check(n, f, views, k, label="full rules")
    print("-- one rule removed (each must break)")
    for d in ["finalize_xor_nullify", "skips_between", "one_notarize", "parent_notarized", "finalize_needs_notarization"]:
        check(4, 1, 3, 2, drop=(d,), label="without " + d)
    print("-- operational mistakes")
    check(4, 1, 3, 2, amnesiac=1, label="f Byzantine + 1 validator that lost its vote book")
    check(4, 0, 3, 2, amnesiac=1, label="0 Byzantine + 1 validator that lost its vote book")
    check(4, 0, 3, 2, amnesiac=2, label="0 Byzantine + 2 validators that lost vote books")
    check(5, 1, 3, 2, quorum=3, label="naive quorum 2f+1 with n=5")
    check(6, 1, 3, 2, quorum=4, label="naive quorum with n=6")
    check(8, 2, 3, 2, quorum=5, label="naive quorum 2f+1 with n=8")
    check(4, 2, 3, 2, label="2 Byzantine of 4 (beyond the fault bound)")
