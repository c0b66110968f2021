"""Substitution for symbols and indices: what contains them is built again, each kind of atom in its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flint import fmpq

from ..kernel.limits import Unsupported
from .algebra import power
from .functions import call, expectation
from .polynomials import Exp, Frozen, Mono, Poly, freeze, mono_pow, thaw
from .powers import exp, log, raise_to, root
from .ring import delta, gather, mul
from .signs import order, step
from .state import Key, State, burn, frozen_deps


@dataclass(frozen=True, slots=True)
class Images:
    """What is put for the atoms ``keys``; ``of`` also holds the atoms that were built again on the way."""

    keys: frozenset[int]
    of: dict[int, Poly]


def subst(s: State, p: Poly, mapping: dict[int, Poly]) -> Poly:
    """p with symbol or index atoms replaced; atoms that contain them are built again."""
    return put(s, p, Images(frozenset(mapping), mapping.copy()))


def put(s: State, p: Poly, images: Images) -> Poly:
    keys, of = images.keys, images.of
    out: Poly = {}
    for m, c in p.items():
        burn(s, len(m) + 1)
        moved = [x for x in m if not s.deps[x[0]].isdisjoint(keys)]
        term: Poly = {tuple([x for x in m if x not in moved]) if moved else m: c}
        for k, e in moved:
            new = of.get(k)
            if new is None:
                new = of[k] = _rebuilt(s, k, images)
            if isinstance(e, int):
                term = mul(s, term, new if e == 1 else power(s, new, e))
            else:
                term = mul(s, term, root(s, new, e) if len(new) != 1 else _mono_root(new, e))
        gather(s, out, term)
    return out


def _mono_root(p: Poly, e: Exp) -> Poly:
    ((m, c),) = p.items()
    if c != 1:
        raise Unsupported("fractional power of a scaled product")
    return {mono_pow(m, e): fmpq(1)}


def _rebuilt(s: State, n: int, images: Images) -> Poly:
    burn(s, 10)
    key = s.atoms[n]
    if key[0] not in REBUILT:
        raise Unsupported(f"cannot substitute into {key[0]}")
    return REBUILT[key[0]](s, key, images)


def _at(s: State, p: Frozen, images: Images) -> Poly:
    return put(s, thaw(p), images)


def _at_mono(s: State, m: Mono, images: Images) -> Poly:
    return put(s, {m: fmpq(1)}, images)


def place(s: State, p: Frozen, images: Images) -> Frozen:
    """An index, where they are put."""
    return p if images.keys.isdisjoint(frozen_deps(s, p)) else freeze(_at(s, p, images))


Rebuilding: TypeAlias = Callable[[State, Key, Images], Poly]

REBUILT: dict[str, Rebuilding] = {
    "exp": lambda s, key, images: exp(s, _at_mono(s, key[1], images)),
    "pow": lambda s, key, images: raise_to(s, _at(s, key[1], images), _at_mono(s, key[2], images)),
    "log": lambda s, key, images: log(s, _at(s, key[1], images)),
    "poly": lambda s, key, images: _at(s, key[1], images),
    "step": lambda s, key, images: step(s, _at(s, key[1], images)),
    "delta": lambda s, key, images: delta(s, _at(s, key[1], images)),
    "order": lambda s, key, images: order(s, _at(s, key[1], images)),
    "call": lambda s, key, images: call(s, key[1], [_at(s, a, images) for a in key[2]], key[3]),
    "E": lambda s, key, images: expectation(s, _at_mono(s, key[1], images)),
}
"""By its kind, an atom built again; the modules that make entries and sums add theirs."""
