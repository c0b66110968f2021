"""Seeded random expressions in θ, data x_i and constants, all of which are defined for all real values."""

from __future__ import annotations

import random

from symgrad.page.scope import Definition, Kind, Scope
from symgrad.page.tree import Add, Call, Frac, Indexed, Mul, Neg, Node, Num, Pow, Sum, Sym

THETA, C, INDEX, N = Sym("\\theta"), Sym("c"), Sym("i"), Sym("N")
X, Y = Indexed(Sym("x"), (INDEX,)), Indexed(Sym("y"), (INDEX,))
LINE, UNIT = Call(Sym("f"), (X,)), Indexed(Sym("z"), (INDEX,))

SCOPE = (
    Scope()
    .declare("i", Kind(role="index", lower=Num(1), upper=N))
    .declare("N", Kind(role="size"))
    .declare("x", Kind(arity=1))
    .declare("y", Kind(arity=1))
    .define(Definition("f", Add((Mul((THETA, Sym("t"))), C)), params=(Sym("t"),)))
    .define(Definition("z", Add((Mul((THETA, X)), C)), lower=(INDEX,)))
)


class Maker:
    """Random pages; the same seed gives the same pages."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def constant(self) -> Node:
        """Something that does not depend on θ."""
        return self.random.choice([Num(2), Num(3), C, X, Y, Add((Y, Neg(X))), Mul((Num(2), X))])

    def moving(self, depth: int = 1) -> Node:
        """Something that does."""
        choose = self.random.randrange
        if depth <= 0 or not choose(5):
            return self.random.choice([THETA, Mul((THETA, X)), Add((Mul((THETA, X)), C)), LINE, UNIT])
        u = self.moving(depth - 1)
        match choose(7):
            case 0:
                return Add((u, Neg(self.constant())))
            case 1:
                return Mul((self.constant(), u))
            case 2:
                return Pow(u, Num(self.random.choice([2, 3])))
            case 3:
                return Add((u, self.moving(depth - 1)))
            case 4:
                return Mul((u, self.moving(depth - 1)))
            case 5:
                return Frac(u, Add((Num(1), Pow(self.constant(), Num(2)))))
        return self.outer(u)

    def outer(self, u: Node) -> Node:
        """An elementary function of u that is defined everywhere."""
        name = self.random.choice(["\\exp", "\\sigma", "\\tanh", "\\operatorname{softplus}", "\\log", ""])
        if name == "\\log":
            return Call(Sym(name), (Add((Num(1), Pow(u, Num(2)))),))
        return Call(Sym(name), (u,)) if name else Pow(u, Num(3))

    def total(self, body: Node) -> Sum:
        """Σ_{i=1}^N body."""
        return Sum(body, INDEX, Num(1), N)
