"""Definitions: which of them is in force for a name or a call, and how it fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..core import Core
from ..errors import ScopeError
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.matching import placed
from ..page.scope import Definition
from ..page.symbols import symbol_of, unbold
from ..page.tree import Node
from .context import Context, Env
from .indices import index_of
from .survey import definition_order
from .tensors import Shape, Value, gap
from .values import value


@dataclass(frozen=True, slots=True)
class Use:
    """A definition and how a name with its indices fits it: what its placeholders stand for, those that are
    ``open``, the indices that go into its value (``extra``), and the values of its parameters."""

    definition: Definition
    places: dict[str, Core]
    open: tuple[str, ...] = ()
    extra: tuple[Core, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)

    @property
    def name(self) -> Name:
        """The left side of the definition."""
        d = self.definition
        return Name(d.key, d.upper, d.lower, d.bracket)

    @property
    def indices(self) -> tuple[Core, ...]:
        """What the placeholders of the left side are."""
        letters = (k.name for k in self.name.indices if isinstance(k, page.Sym))
        return tuple(self.places[k] for k in letters if k in self.places)

    def within(self, env: Env) -> Env:
        """The place of the body, where the definition is used at ``env``."""
        d = self.definition
        active = (*env.active, (d, self.indices))
        return replace(env, places=env.within(d, self.places), params=self.params, active=active)


def find(e: Context, name: Name, env: Env) -> Use | None:
    """The definition in force for a name with these indices."""
    group = e.defined.get(unbold(name.base), [])
    own = [d for d in group if d.key == name.base]
    for d in (*definition_order(own), *definition_order(d for d in group if d.key != name.base)):
        use = match(e, d, name, env)
        if use is None:
            continue
        if _is_active(use, env):
            if d.key == name.base and d.params is None and not use.open and not use.extra:
                raise ScopeError(f"the definition of {d.key} refers to itself")
        elif not (use.extra and (_lists(d, name) or not shape_of(e, use, env))):
            return use
    return None


def _lists(d: Definition, name: Name) -> bool:
    """Is the vector defined as the list of these very entries?  They keep their own numbers."""
    body = d.body.arg if isinstance(d.body, page.Transpose) else d.body
    return (d.key != name.base or isinstance(body, page.Matrix)) and any(
        (other := name_of(k)) is not None and other.base == name.base and other.indices
        for k in page.walk(d.body)
    )


def _is_active(use: Use, env: Env) -> bool:
    """Inside its own unfolding a name is itself, unless it stands at another index."""
    return any(d is use.definition and not apart(use.indices, at) for d, at in env.active)


def shape_of(e: Context, use: Use, env: Env) -> Shape:
    """The shape of a definition's value; () while that is being found out."""
    key = id(use.definition)
    if key in e.memo.shaping:
        return ()
    e.memo.shaping.add(key)
    try:
        inner = replace(use.within(env), held=(), params={})
        return value(e, use.definition.body, inner).shape
    finally:
        e.memo.shaping.discard(key)


def match(e: Context, d: Definition, name: Name, env: Env) -> Use | None:
    """How a name with these indices fits the definition, if it does."""
    bold = d.key != name.base
    if len(d.upper) != len(name.upper) and not bold:
        return None

    def at(entry: Node) -> Core:
        return index_of(e, entry, env)

    def agree(pattern: Node, entry: Node) -> bool | None:
        """Letters that count are placeholders."""
        if e.survey.is_label(pattern) or e.survey.is_label(entry):
            return pattern == entry
        if _is_placeholder(e, pattern):
            return None
        return gap(at(entry), index_of(e, pattern, Env())) == 0

    found = placed(d, name.upper, name.lower, agree, at)
    if found is None:
        return None
    letters = tuple(k.name for k in found.open if isinstance(k, page.Sym) and not e.survey.is_label(k))
    if len(letters) < len(found.open):
        return None
    extra = tuple(map(at, found.extra))
    if bold and not (letters or extra):
        return None
    places = {k.name: index for k, index in found.places.items() if isinstance(k, page.Sym)}
    return Use(d, places, letters, extra)


def _is_placeholder(e: Context, pattern: Node) -> bool:
    sized = isinstance(pattern, page.Sym) and pattern.name in e.survey.sizes
    return isinstance(pattern, page.Sym) and not sized and not constant_letter(e, pattern)


def constant_letter(e: Context, pattern: page.Sym) -> bool:
    """a^{(L)}: a capital that nothing declares or sums over is the last layer, not any one."""
    name = pattern.name
    free = name not in e.survey.bound and e.scope.kind(name) is None
    return name.isupper() and len(name) == 1 and free


def is_euler(e: Context) -> bool:
    """e is the base of exp unless it is declared or defined by itself; e_i is a name of its own."""
    return e.scope.kind("e") is None and all(
        d.upper or d.lower or d.params is not None for d in e.defined.get("e", ())
    )


def function_definitions(e: Context, name: Name, args: tuple[Node, ...]) -> list[Definition]:
    """Definitions that fit the call, those whose parameters are the written arguments first."""
    form = (len(args), len(name.upper), len(name.lower))
    group = [
        d for d in e.defined.get(unbold(name.base), ())
        if d.params is not None and (len(d.params), len(d.upper), len(d.lower)) == form
    ]
    same = [d for d in group if d.params == args]
    # C'(W) and C'(R) are two definitions, told apart by their arguments.
    told_apart = bool(symbol_of(name.base).primes)
    for fits in (same,) if told_apart else (same, [d for d in group if _fits(d, args)], group):
        if fits and len({d.params for d in fits}) == 1:
            return fits
    return []


def _fits(d: Definition, args: tuple[Node, ...]) -> bool:
    """Does some parameter say of what it is, and the arguments are of these families?"""
    params = d.params or ()
    return not all(isinstance(p, page.Sym) for p in params) and all(map(_same_family, params, args))


def apart(a: tuple[Core, ...], b: tuple[Core, ...]) -> bool:
    """Are the index vectors surely different (t and t-1)?"""
    return len(a) != len(b) or any(gap(x, y) not in (None, 0) for x, y in zip(a, b, strict=True))


def _same_family(param: Node, arg: Node) -> bool:
    """x^{(i)} and x^{(1)}; a plain parameter takes anything."""
    p, a = name_of(param), name_of(arg)
    return isinstance(param, page.Sym) or (p is not None and a is not None and same_form(p, a))


def same_form(a: Name, b: Name) -> bool:
    """Are they one letter with as many indices above and below?"""
    return (a.base, len(a.upper), len(a.lower)) == (b.base, len(b.upper), len(b.lower))
