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
    if isinstance(a, Sum) and isinstance(b, Sum):
        return (
            alike(a.lower, b.lower)
            and alike(a.upper, b.upper)
            and alike(a.body, fill(b.body, b.index.name, lambda _: a.index))
        )
    if type(a) is not type(b) or isinstance(a, Sym | Num):
        return a == b
    if isinstance(a, Ref | Call) and isinstance(b, Ref | Call):
        head = (a.name, b.name) if isinstance(a, Ref) and isinstance(b, Ref) else None
        if isinstance(a, Call) and isinstance(b, Call):
            head = ((a.fn, a.orders), (b.fn, b.orders))  # type: ignore[assignment]
        if head is None or head[0] != head[1]:
            return False
    left, right = children(a), children(b)
    return len(left) == len(right) and all(alike(x, y) for x, y in zip(left, right, strict=True))


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
