"""Core terms with parts of them replaced, and compared up to the names of bound indices."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..core import Call, Core, Num, Ref, Sum, Sym, children, rebuild
from ..names import Numbered


def fill(t: Core, name: str, at: Callable[[tuple[Core, ...]], Core]) -> Core:
    """Entries of ``name`` replaced by what they stand for (bound indices are unique: no capture)."""
    if isinstance(t, Sym):
        return at(()) if t.name == name else t
    if isinstance(t, Ref) and t.name == name:
        return at(tuple(fill(k, name, at) for k in t.indices))
    return rebuild(t, lambda k: fill(k, name, at))


def alike(a: Core, b: Core) -> bool:
    """Equal up to the names of bound indices."""
    match a, b:
        case Sum(), Sum():
            body = fill(b.body, b.index.name, lambda _: a.index)
            return alike(a.lower, b.lower) and alike(a.upper, b.upper) and alike(a.body, body)
        case (Sym() | Num(), _):
            return a == b
        case Ref(one), Ref(other):
            same = one == other
        case Call(one), Call(other):
            same = one == other and a.orders == b.orders
        case _:
            same = type(a) is type(b)
    left, right = children(a), children(b)
    return same and len(left) == len(right) and all(map(alike, left, right))


def exchange(t: Core, old: Core, new: Core) -> Core:
    return new if alike(t, old) else rebuild(t, lambda k: exchange(k, old, new))


def canonical(t: Core, placeholders: Iterable[Core] = ()) -> str:
    """The term in words that do not depend on the names of bound indices and placeholders."""
    seen = {k.name: Numbered(n) for n, k in enumerate(placeholders) if isinstance(k, Sym)}

    def go(t: Core) -> Core:
        if isinstance(t, Sum):
            seen.setdefault(t.index.name, Numbered(len(seen)))
            new = Sym(seen[t.index.name], "index")
            return Sum(go(t.body), new, go(t.lower), go(t.upper))
        if isinstance(t, Sym) and t.name in seen:
            return Sym(seen[t.name], t.sort)
        return rebuild(t, go)

    return repr(go(t)) if not isinstance(t, Ref | Sym) else t.name
