"""Derivatives: by names, by intermediates that a definition computes, by vectors and matrices.

A derivative by an intermediate (dL/dz where z has a definition) treats its entries as variables:
they are held while the body is unfolded, the body is differentiated, and only then the definition
is filled in.  Everything that depends on z through definitions does so, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ..core import Call, Core, D, Div, Num, Pow, Ref, Sum, Sym, children, rebuild, text, walk
from ..errors import Span, UnknownMeaning
from ..functions import BUILTIN, FUNCTIONS, PAGES
from ..kernel.differentiate import eliminate
from ..kernel.limits import Unsupported
from ..names import Fresh, InverseOf, ProductOf, letter_of
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Definition, Kind
from ..page.symbols import DEVIATIONS, symbol_of, unbold
from ..page.tree import Node
from ..reasons import AnySign, NoDerivativeKnown
from .indices import Env, Held, page_short
from .lookup import Names
from .tensors import ONE, ZERO, Shape, Value, add, gap, mul, scalar, tensor, transposed

Back = Callable[[Core], Core]

NABLA = page.Sym("\\nabla")
"""The variable of a bare nabla that nothing declares: whatever it is, it is one and the same."""

# Letters of quantities that are computed: alone and undefined they are never taken for constants.
_COMPUTED = frozenset(("z", "h", "o", "L", "J", "E", "C", "\\mathcal{L}", "\\ell", "\\mathcal{J}", "\\xi"))


@dataclass(frozen=True, slots=True)
class Variable:
    """What a derivative is taken by: ``at(indices)`` is an independent Sym or Ref; ``env`` holds it
    while the body is read and ``back`` fills in what it stands for."""

    shape: Shape
    at: Callable[[tuple[Core, ...]], Core]
    env: Env
    back: Back | None = None
    lift: Value | None = None  # the vector of all z_k, for an undeclared z beside them


class Derivatives(Names):
    """Derivatives of values."""

    @property
    def implied(self) -> Mapping[str, Kind]:
        """Kinds of undefined names, from the derivatives that are written of them."""
        if self._implied is None:
            self._implied = {}  # what is asked while it is being found out
            self._implied = self.imply()
        return self._implied

    def derivative(
        self, body: Node, by: tuple[tuple[Node, int], ...], env: Env, span: Span | None = None
    ) -> Value:
        """d^k body / d by_1 .. by_k."""
        if any(self.is_variance(node, env) for node, _ in by):
            return self.value(self.by_squares(body, by, env), env)
        variables: list[Variable] = []
        inner = env
        for node, order in by:
            for _ in range(order):
                v = self.variable(node, inner)
                variables.append(v)
                inner = v.env
        if (
            isinstance(body, page.Sym)
            and body.name in PAGES
            and len(by) == 1
            and body.name not in self._stacks
        ):
            # d sigma / dz of the function itself: its value at z.
            self.standing_alone(Name(body.name), env)
            body = page.Call(body, (by[0][0],), span=body.span)
        out = self.value(body, inner)
        variables = [self.widened(v, out) for v in variables]
        bare = body if isinstance(body, page.Sym | page.Indexed) else None
        self.no_products(out.at(tuple(self.sizes.index() for _ in out.shape)), span)
        for v in variables:
            self.check_dependence(out, v, bare, span)
        # Once a held variable is filled in, no D may be left around it.
        held = any(v.back is not None for v in variables)
        for v in variables:
            out = self.differentiate(out, v, held, span)
        if self.of_vectors:
            self.check_order(out, span)
        for v in reversed(variables):
            if v.back is not None:
                out = _map(out, v.back)
        return out

    def check_order(self, v: Value, span: Span | None) -> None:
        """A function of sum_k phi_k(v_k) has an arbitrary gradient, but no arbitrary Hessian."""
        term = _eliminated(v.at(tuple(ONE if k == ONE else self.sizes.index() for k in v.shape)), [])
        for t in walk(term):
            if isinstance(t, Call) and t.fn in self.of_vectors and sum(t.orders) > 1:
                raise UnknownMeaning(f"a second derivative of {t.fn}, an unknown function of a vector", span)

    def differentiate(self, body: Value, v: Variable, held: bool, span: Span | None) -> Value:
        def d(b: tuple[Core, ...], k: tuple[Core, ...]) -> Core:
            return differentiated(body.at(b), v.at(k)) if held else D(body.at(b), v.at(k))

        b, s = body.shape, v.shape
        if not s:
            return Value(b, lambda k: d(k, ()), gradient=body.gradient)
        if not b:
            return replace(Value(s, lambda k: d((), k)), gradient=True)
        row_body, row_by = len(b) == 2 and b[0] == ONE, len(s) == 2 and s[0] == ONE
        if len(b) + len(s) - row_body - row_by != 2:
            return Value((*b, *s), lambda k: d(k[: len(b)], k[len(b) :]))
        self.alternatives.add("denominator")
        # A Jacobian.  Numerator layout unless the author transposes the numerator or uses the other.
        n, m = b[-1], s[-1]

        def entry(i: Core, j: Core) -> Core:
            return d((ONE, i) if row_body else (i,), (ONE, j) if row_by else (j,))

        if (row_body and not row_by) or (self.reading.denominator and row_body == row_by):
            return tensor((m, n), lambda k: entry(k[1], k[0]))
        return tensor((n, m), lambda k: entry(k[0], k[1]))

    def widened(self, v: Variable, body: Value) -> Variable:
        """dp/dz where the body knows the z_k only: by the vector of all of them."""
        if v.lift is None:
            return v
        one = v.at(())
        terms = set(walk(body.at(tuple(self.sizes.index() for _ in body.shape))))
        entries = (t for t in terms if isinstance(t, Ref) and isinstance(one, Sym | Ref))
        if one in terms or not any(t.name == one.name for t in entries):  # type: ignore[attr-defined]
            return v
        return replace(v, shape=v.lift.shape, at=v.lift.at, lift=None)

    def is_variance(self, node: Node, env: Env) -> bool:
        """Is this sigma^2, and no name of its own?"""
        if not isinstance(node, page.Pow) or node.exp != page.Num(2):
            return False
        name = name_of(node.base)
        if name is None or unbold(name.base) not in DEVIATIONS:
            return False
        raised = self.raised(node.base, node.exp)
        return raised is None or self.find(raised, env) is None

    def by_squares(self, body: Node, by: tuple[tuple[Node, int], ...], env: Env) -> Node:
        """The derivative by s^2 is that by s over 2 s."""
        for node, order in reversed(by):
            if not isinstance(node, page.Pow) or not self.is_variance(node, env):
                body = page.Derivative(body, ((node, order),))
                continue
            for _ in range(order):
                body = page.Frac(
                    page.Derivative(body, ((node.base, 1),)), page.Mul((page.Num(2), node.base))
                )
        return body

    # -- variables --------------------------------------------------------------------------------

    def variable(self, node: Node, env: Env) -> Variable:
        match node:
            case page.Transpose(arg):
                v = self.variable(arg, env)
                t = transposed(Value(v.shape, v.at))
                return replace(v, shape=t.shape, at=t.at)
            case page.Component(arg, lower):
                v = self.variable(arg, env)
                e = self.entry(Value(v.shape, v.at), tuple(self.index(k, env) for k in lower), node.span)
                return replace(v, shape=e.shape, at=e.at)
            case page.Matrix(rows):
                return self.variables_of(node, rows, env)
            case page.Call():
                return self.call_variable(node, env)
        name = name_of(node)
        if isinstance(node, page.Pow):
            name = self.raised(node.base, node.exp)
        if name is None or (isinstance(node, page.Prime) and self.find(name, env) is None):
            raise UnknownMeaning("no derivative by this: it is not a name", node.span)
        if name.base in env.params:
            return self.parameter_variable(name, env, node.span)
        found = self.find(name, env)
        if found is not None:
            return self.held_variable(found, env, node.span)
        kind, _ = self.kind_of(name)
        if kind is not None and kind.rests:
            return self.hold(kind, name, env, node.span)
        free = self.opaque(name, env, node.span)
        self.must_be_free(free, node.span)
        return Variable(free.shape, free.at, env, lift=free.lift)

    def must_be_free(self, v: Value, span: Span | None) -> None:
        entry = v.at(tuple(self.sizes.index() for _ in v.shape))
        if not isinstance(entry, Ref) and not (isinstance(entry, Sym) and entry.sort == "real"):
            raise UnknownMeaning(f"no derivative by {text(entry)}: it is not a variable", span)

    def parameter_variable(self, name: Name, env: Env, span: Span | None) -> Variable:
        whole = env.params[name.base]
        probe = whole.at(tuple(self.sizes.index() for _ in whole.shape))
        if isinstance(probe, Ref) or (isinstance(probe, Sym) and probe.sort == "real"):
            v = self.name(name, env, span)
            return Variable(v.shape, v.at, env)
        core = self.sizes.fresh(name.base)
        fresh = Value(whole.shape, lambda k: Ref(core, k)) if whole.shape else scalar(Sym(core))
        inner = replace(env, params={**env.params, name.base: fresh})
        v = self.name(name, inner, span)
        return Variable(v.shape, v.at, inner, lambda t: fill(t, core, lambda k: whole.at(k)))

    def held_variable(
        self,
        found: tuple[Definition, dict[str, Core], tuple[str, ...], tuple[Core, ...]],
        env: Env,
        span: Span | None,
    ) -> Variable:
        d, places, missing, extra = found
        body, inner = d.body, replace(env, places=env.within(d, places), params={})
        flipped = isinstance(body, page.Transpose)
        core = body.arg if isinstance(body, page.Transpose) else body
        if (
            not missing
            and isinstance(core, page.Sym | page.Indexed | page.Matrix)
            and name_of(core) != Name(d.key)
        ):
            # Another name for a variable, or a vector whose entries are written out.
            if name_of(core) is not None:
                self.aliases[f"a derivative by {d.key} is one by {page_short(core)}"] = None
            v = self.variable(core, inner)
            t = transposed(Value(v.shape, v.at)) if flipped else Value(v.shape, v.at)
            t = self.entry(t, extra, span)
            held = replace(env, held=(*env.held, *v.env.held[len(inner.held) :]))
            return Variable(t.shape, t.at, held, v.back)
        fresh = self.fresh_for(d, d.key, env)
        placeholders = tuple(k.name for k in (*d.upper, *d.lower) if isinstance(k, page.Sym))
        hold = Held(d, fresh, self.filled(d, places), (), self.level(d, places))
        held = replace(env, held=(*env.held, hold))
        value = self.use(d, places, missing, extra, held, span)
        names = tuple(p for p in placeholders if p in places or p in missing)

        def filled(k: tuple[Core, ...]) -> Core:
            return self.unfold(d, dict(zip(names, k, strict=False)), {}, env).at(k[len(names) :])

        return Variable(value.shape, value.at, held, lambda t: fill(t, fresh, filled))

    def fresh_for(self, what: object, base: str, env: Env) -> str:
        """The name of a held family: one, however many of its entries are differentiated by."""
        return next((h.name for h in env.held if h.definition is what and not h.args), self.sizes.fresh(base))

    def hold(self, kind: Kind, name: Name, env: Env, span: Span | None) -> Variable:
        """An opaque quantity with dependences as a variable."""
        fresh = self.fresh_for(kind, name.base, env)
        core, written_indices = self.split(name)
        indices = tuple(self.index(k, env) for k in written_indices)
        held = replace(env, held=(*env.held, Held(kind, fresh, indices[: kind.arity])))
        v = self.name(name, held, span)

        def filled(k: tuple[Core, ...]) -> Core:
            return self.apply(core, k, self.rests(kind, k[: kind.arity], env), span)

        return Variable(v.shape, v.at, held, lambda t: fill(t, fresh, filled))

    def variables_of(self, node: Node, rows: tuple[tuple[Node, ...], ...], env: Env) -> Variable:
        """A vector or matrix whose entries are variables, written out."""
        whole = self.value(node, env)
        entries: list[Variable] = []
        held = env
        for e in (e for row in rows for e in row if not isinstance(e, page.Dots)):
            entries.append(self.variable(e, held))
            held = entries[-1].env
        if any(e.back is not None for e in entries):
            return self._held_entries(rows, entries, held)
        inner = whole
        self.must_be_free(Value((), lambda _: inner.at(tuple(ONE for _ in inner.shape))), node.span)
        return Variable(whole.shape, whole.at, held)

    def _held_entries(
        self, rows: tuple[tuple[Node, ...], ...], entries: list[Variable], held: Env
    ) -> Variable:
        width = len(rows[0])
        if any(e.shape for e in entries) or len(entries) != width * len(rows):
            raise UnknownMeaning("no derivative by this vector: write it entry by entry")
        table = {(r + 1, c + 1): entries[r * width + c] for r in range(len(rows)) for c in range(width)}

        def at(k: tuple[Core, ...]) -> Core:
            where = tuple(int(i.value) if isinstance(i, Num) else 0 for i in k)
            if 0 in where:
                raise UnknownMeaning("entries of this matrix are told apart by their numbers only")
            return table[(where[0], where[1] if len(where) > 1 else 1)].at(())

        def back(t: Core) -> Core:
            for e in entries:
                t = e.back(t) if e.back is not None else t
            return t

        shape: Shape = (Num(Fraction(len(rows))), Num(Fraction(width)))
        v = tensor(shape, at)
        return Variable(v.shape, v.at, held, back)

    def call_variable(self, node: page.Call, env: Env) -> Variable:
        raise NotImplementedError

    # -- dependences that nobody wrote ----------------------------------------------------------------

    def imply(self) -> dict[str, Kind]:
        """Undefined names whose derivatives stand on the page depend on what these are taken by.

        Of several variables those count that reach no other: where z depends on w, L depends on w
        through z.  This can support a proof, never a refutation.
        """
        found: dict[str, tuple[int, dict[Node, None]]] = {}
        for root in (*self.nodes, *(d.body for d in self.survey.definitions)):
            for node in page.walk(root):
                body, by = self.bare_derivative(node)
                name = None if body is None else name_of(body)
                if name is None or not self.is_unknown(name):
                    continue
                core, counting = self.split(name)
                for v in by:
                    variable = name_of(v)
                    if variable is None or unbold(variable.base) == unbold(name.base):
                        continue
                    through = tuple(d.body for d in self._stacks.get(unbold(variable.base), ()))
                    if unbold(name.base) in self._names_in(through):
                        continue  # dx/dz where z is computed from x
                    if not self.is_data(core, self.split(variable)[0], body):
                        found.setdefault(name.base, (len(counting), {}))[1][v] = None
        reach = {n: self._names_in(tuple(vs)) - {unbold(n)} for n, (_, vs) in found.items()}
        out: dict[str, Kind] = {}
        for n, (arity, vs) in found.items():
            kept = tuple(
                v
                for v in vs
                if not any(
                    w is not v and self._base(v) in self.through(w, reach) and self._base(w) != self._base(v)
                    for w in vs
                )
            )
            declared = self.scope.kind(n)
            out[n] = replace(declared or Kind(), arity=arity, rests=kept)
        return {n: kind for n, kind in out.items() if not self.rests_on_itself(n, out)}

    def rests_on_itself(self, name: str, kinds: Mapping[str, Kind]) -> bool:
        """dx/dy and dy/dx on one page: what depends on what is not known."""
        by_letter = {unbold(n): kind for n, kind in kinds.items()}
        seen: set[str] = set()
        stack = list(by_letter[unbold(name)].rests)
        while stack:
            for base in self._names_in((stack.pop(),)) - seen:
                seen.add(base)
                stack += by_letter[base].rests if base in by_letter else ()
        return unbold(name) in seen

    def bare_derivative(self, node: Node) -> tuple[Node | None, tuple[Node, ...]]:
        """A name in a derivative, and what it is differentiated by."""
        match node:
            case page.Derivative(page.Sym() | page.Indexed() as body, by):
                return body, tuple(v for v, _ in by)
            case page.Gradient(page.Sym() | page.Indexed() as body, None):
                return body, self.scope.nabla or (NABLA,)
            case page.Gradient(page.Sym() | page.Indexed() as body, page.Node() as wrt):
                return body, (wrt,)
        return None, ()

    def is_unknown(self, name: Name) -> bool:
        if name.base in ("\\pi", "e") or name.base in PAGES or self.find(name, Env()) is not None:
            return False
        kind = self.scope.kind(name.base)
        return kind is None or (kind.role == "real" and not kind.rests)

    def _base(self, node: Node) -> str:
        name = name_of(node)
        return "" if name is None else unbold(name.base)

    def through(self, node: Node, reach: dict[str, frozenset[str]]) -> frozenset[str]:
        """The names that a variable depends on, by definitions and by implied dependences."""
        base = self._base(node)
        bodies = tuple(d.body for d in self._stacks.get(base, ()))
        out = self._names_in(bodies) if bodies else frozenset()
        for n in (base, *out):
            for key, names in reach.items():
                if unbold(key) == n:
                    out |= names
        return out

    # -- what must not vanish silently -------------------------------------------------------------

    def no_products(self, t: Core, span: Span | None) -> None:
        """A product of which only its name is known cannot be differentiated, nor filled in."""
        names = (k.name for k in walk(t) if isinstance(k, Ref | Sym))
        if self.reading.factors and any(isinstance(name, ProductOf) for name in names):
            raise UnknownMeaning(AnySign(), span)

    def check_dependence(self, body: Value, v: Variable, bare: Node | None, span: Span | None) -> None:
        """An undefined quantity that does not mention the variable is not thereby a constant."""
        probe = v.at(tuple(ONE if isinstance(k, Num) else self.sizes.index() for k in v.shape))
        key = probe.name if isinstance(probe, Ref | Sym) else ""
        term = body.at(tuple(self.sizes.index() for _ in body.shape))
        self.check_cuts(term, key, probe, span)
        self.check_labels(term, probe, span)
        if any(isinstance(t, Ref | Sym) and t.name == key for t in walk(term)):
            return
        unknown: dict[str, None] = {}
        for t in walk(term):
            leaf = t.name if isinstance(t, Ref) or (isinstance(t, Sym) and t.sort == "real") else None
            if isinstance(t, Call) and t.fn not in _KNOWN:
                leaf = t.fn
            if leaf is not None and not self.is_data(leaf, key, bare):
                unknown[letter_of(leaf)] = None
        if unknown:
            # What is computed is what the author forgot to define, not the data beside it.
            computed = (k for k in unknown if k in _COMPUTED or symbol_of(k).accent == "\\hat")
            name = next(computed, next(iter(unknown)))
            raise UnknownMeaning(NoDerivativeKnown(name), span)

    def check_labels(self, term: Core, probe: Core, span: Span | None) -> None:
        """x_N may be one of the x_j, and x_c be x_1: only numbers surely differ."""
        mine = self._labelled(probe)
        if mine is None:
            return
        for leaf in dict.fromkeys(t for t in walk(term) if isinstance(t, Ref | Sym)):
            other = self._labelled(leaf)
            if other is None or other[:2] != mine[:2] or bool(other[2]) == bool(mine[2]):
                continue
            label = (other[2] or mine[2])[0]
            said = f"declare let {label} \\in \\mathbb{{N}}, or write another name"
            raise UnknownMeaning(f"{label} may be a number here: {said}", span)

    def is_said(self, letter: str) -> bool:
        """Is the letter declared, defined, or a variable?"""
        return letter in self._stacks or letter in self.scope.kinds or letter in self.varied

    def is_quantity(self, letter: str) -> bool:
        kind = self.scope.kind(letter)
        return letter in self._stacks or (kind is not None and kind.role in ("real", "function"))

    def _labelled(self, leaf: Core) -> tuple[str, int, tuple[str, ...]] | None:
        """(base, number of lower indices, its one-letter labels) of an entry with plain lower indices."""
        if not isinstance(leaf, Ref | Sym):
            return None
        symbol = symbol_of(leaf.name)
        held = isinstance(leaf.name, Fresh) or symbol.upper
        base, labels = (letter_of(leaf.name), ()) if held else (symbol.base, symbol.lower)
        if any(len(k) != 1 or not k.isalpha() or self.is_quantity(k) for k in labels):
            return None
        count = len(labels) + (len(leaf.indices) if isinstance(leaf, Ref) else 0)
        return (base, count, labels) if count else None

    def check_cuts(self, term: Core, key: str, probe: Core, span: Span | None) -> None:
        """What stands below the lowest level must not depend on the variable."""
        base = letter_of(key)
        for t in walk(term) if self.inverses else ():
            if isinstance(t, Ref) and isinstance(t.name, InverseOf) and key in self.inverses[t.name]:
                raise UnknownMeaning(f"no derivative of an inverse matrix by {base}", span)
        plain = not isinstance(probe, Ref) or base not in self.layered()
        for t in walk(term) if self.cut else ():
            name = t.name if isinstance(t, Ref | Sym) else t.fn if isinstance(t, Call) else ""
            if name in self.cut and name != key:
                d, level = self.cut[name]
                if base not in self.reached_by(d) or (plain and isinstance(t, Call)):
                    continue
                own = probe.indices[0] if isinstance(probe, Ref) and probe.indices else None
                apart = None if own is None else gap(own, level)
                if apart is None or apart <= 0:
                    raise UnknownMeaning(f"{d.key} depends on {base} through lower levels", span)

    def is_data(self, leaf: str, key: str, bare: Node | None) -> bool:
        """Does the leaf stand beside the variable in one formula, as data do beside parameters?"""
        base, by = letter_of(leaf), letter_of(key)
        if base == by:
            return leaf == key
        if by in self._stacks and base in self._names_in(tuple(d.body for d in self._stacks[by])):
            # dx/dz where z is computed from x: an inverse function, not 0.
            return False
        kind = self.scope.kind(base)
        if bare is None and kind is not None and kind.role != "function" and not kind.rests:
            return True
        symbol = symbol_of(base)
        if base in _COMPUTED or symbol.accent in ("\\hat", "\\widehat") or (
            symbol.letter == "\\delta" and not symbol.marks
        ):
            return False
        return any(base in names and by in names for names in self.formulas())

    def formulas(self) -> list[frozenset[str]]:
        """The names of each formula: what a definition reaches, and each side of the claim."""
        if self._formulas is None:
            roots = [(d.body,) for group in self.scope.definitions.values() for d in group] + [
                (n,) for n in self.nodes
            ]
            self._formulas = [self._names_in(r) for r in roots]
        return self._formulas

    _formulas: list[frozenset[str]] | None = None

    def layered(self) -> frozenset[str]:
        """Names that carry an upper index on the page: the weights of a layer."""
        return frozenset(unbold(k) for k, used in self.survey.used_with.items() if any(u for u, _ in used))

    def reached_by(self, d: Definition) -> frozenset[str]:
        return self._names_in((d.body,))

    def _names_in(self, roots: tuple[Node, ...]) -> frozenset[str]:
        """The names in the nodes and, through definitions, in what they reach."""
        out: set[str] = set()
        stack = list(roots)
        while stack:
            found = self._direct(stack.pop()) - out
            out |= found
            stack += [d.body for base in found for d in self._stacks.get(base, ())]
        return frozenset(out)

    def _direct(self, root: Node) -> frozenset[str]:
        """The names that stand in the node itself: as letters, and as core names with their labels."""
        known = self._names.get(id(root))
        if known is not None:
            return known
        out: set[str] = set()
        stack: list[Node] = [root]
        while stack:
            node = stack.pop()
            if isinstance(node, page.Derivative | page.Gradient):
                # dz/dw says nothing about how z and w are related.
                body = node.body.arg if isinstance(node.body, page.Transpose) else node.body
                stack += () if isinstance(body, page.Sym | page.Indexed) else (body,)
                continue
            name = name_of(node)
            if name is not None:
                out |= {unbold(name.base), self.split(name)[0]}
            stack += page.children(node)
        self._names[id(root)] = frozenset(out)
        return self._names[id(root)]


_KNOWN = BUILTIN | {"E"}


def differentiated(body: Core, var: Core) -> Core:
    """The derivative without D: a variable that is filled in afterwards cannot stay behind one."""
    return settled(D(body, var))


def settled(t: Core) -> Core:
    """The term without D, defined exactly where ``t`` is: 0 * body keeps the domain of a body."""
    kinks: list[Core] = []
    out = _eliminated(t, kinks)
    bodies = dict.fromkeys(_eliminated(d.body, []) for d in walk(t) if isinstance(d, D) and _partial(d.body))
    extra = [*(Div(ONE, k) for k in kinks), *(b for b in bodies if b != out)]
    return add(out, *(mul(ZERO, k) for k in extra)) if extra else out


def _eliminated(t: Core, kinks: list[Core]) -> Core:
    try:
        return eliminate(t, kinks)
    except Unsupported as problem:
        raise UnknownMeaning(problem.reason) from None


def _partial(t: Core) -> bool:
    """May the term be undefined somewhere, other than by a denominator that its derivative keeps?"""
    return any(
        (isinstance(k, Call) and k.fn in FUNCTIONS and not FUNCTIONS[k.fn].total)
        or (
            isinstance(k, Pow)
            and not (isinstance(k.exp, Num) and k.exp.value >= 0 and k.exp.value.denominator == 1)
        )
        or (isinstance(k, Div) and not isinstance(k.den, Num))
        for k in walk(t)
    )


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


def _map(v: Value, fn: Back) -> Value:
    return replace(Value(v.shape, lambda k: fn(v.at(k))), gradient=v.gradient)


__all__ = ["Back", "Derivatives", "Variable", "alike", "differentiated", "exchange", "fill", "settled"]
