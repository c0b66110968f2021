"""Terms of the page to values: sums, products, powers, functions, vectors and matrices."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction

from .. import page
from ..core import Call, Core, Delta, Num, Pow, Ref, Sum, Sym
from ..errors import ShapeError, Span, UnknownMeaning
from ..kernel.differentiate import eliminate
from ..kinds import Generic, Name, Range, name_of, unbold
from ..page import Node
from ..scope import Definition, Kind, Scope
from ..tensors import (
    MINUS,
    ONE,
    TWO,
    ZERO,
    Value,
    add,
    div,
    each,
    gap,
    mul,
    neg,
    scalar,
    square,
    tensor,
    transposed,
)
from .derivatives import Derivatives, differentiated, fill
from .names import Env

NOTATION = "="
"""The key of definitions whose left side is no name: what such an expression means wherever it stands."""

HOLE = "\\wp"
"""What an operator of such a definition is applied to."""

# Written name -> core function of one argument, applied to every entry of a vector.
FUNCTIONS = {
    "\\exp": "exp", "\\log": "log", "\\ln": "log", "\\sigma": "sigma", "\\tanh": "tanh", "\\sinh": "sinh",
    "\\cosh": "cosh", "\\sqrt": "sqrt", "\\operatorname{relu}": "relu", "\\operatorname{ReLU}": "relu",
    "\\operatorname{sigmoid}": "sigma", "\\operatorname{sign}": "sign", "\\operatorname{sgn}": "sign",
    "\\operatorname{logistic}": "sigma",
}  # fmt: skip
# Functions that have a meaning which the judge does not know: never opaque, never guessed.
_KNOWN_ELSEWHERE = frozenset(
    (
        "\\sin",
        "\\cos",
        "\\tan",
        "\\arctan",
        "\\arcsin",
        "\\arccos",
        "\\det",
        "\\lim",
        "\\sup",
        "\\inf",
        "\\arg",
    )
)


class Elaborator(Derivatives):
    """One reading of the nodes of one claim."""

    def __init__(self, scope: Scope, nodes: tuple[Node, ...]) -> None:
        super().__init__(scope, nodes)
        self._renamed: dict[object, Definition] = {}
        # A function whose derivative is written f' has numbers as arguments.
        roots = (*nodes, *(d.body for d in self.survey.definitions))
        primes = (n.fn for root in roots for n in page.walk(root) if isinstance(n, page.Prime))
        self.primed = {name.base for fn in primes if (name := name_of(fn)) is not None}
        self._notations = [d for d in scope.definitions.get(NOTATION, ()) if d.params]

    def flipped(self, v: Value) -> Value:
        return transposed(v)

    def closed(self, t: Core) -> Core:
        """The term with sizes that were found equal written as one."""
        for size in self.sizes.settled():
            t = fill(t, size, lambda _, n=size: self.sizes.find(Sym(n, "size")))
        return t

    def value(self, node: Node, env: Env) -> Value:
        if self._notations and not isinstance(node, page.Num | page.Sym):
            rewritten = self.notation(node, env)
            if rewritten is not None:
                return rewritten
        match node:
            case page.Num(value):
                return scalar(Num(Fraction(value)))
            case page.Sym() | page.Indexed():
                return self.named(node, env)
            case page.Neg(arg):
                return each(neg, self.value(arg, env))
            case page.Add(terms):
                if any(isinstance(t, page.Dots) for t in terms):
                    return self.value(self.written_out(terms, node.span), env)
                values = tuple(self.value(t, env) for t in terms)
                return self.sizes.entrywise(values, add, "add", node.span)
            case page.Hadamard(factors):
                values = tuple(self.value(f, env) for f in factors)
                return self.sizes.entrywise(values, mul, "multiply entry by entry", node.span)
            case page.Mul(factors):
                return self.product(factors, env, node.span)
            case page.Frac(num, den):
                return self.quotient(self.value(num, env), self.value(den, env), node.span)
            case page.Pow(base, exp):
                return self.power(base, exp, env, node.span)
            case page.Call(fn, args):
                return self.call(fn, args, env, node.span)
            case page.Prime(fn, order):
                return self.prime(fn, order, env, node.span)
            case page.BigOp():
                return self.big(node, env)
            case page.Derivative(body, by):
                return self.derivative(body, by, env, node.span)
            case page.Gradient(body, wrt, order):
                return self.gradient(body, wrt, order, env, node.span)
            case page.Transpose(arg):
                return replace(transposed(self.value(arg, env)), gradient=False)
            case page.Norm(arg, p):
                return self.norm(arg, p, env, node.span)
            case page.Abs(arg):
                return scalar(Call("abs", (self.number(arg, env),)))
            case page.Inner(left, right):
                a, b = self.value(left, env), self.value(right, env)
                return self.inner(a, b, node.span)
            case page.Component(arg, lower):
                return self.entry(self.value(arg, env), tuple(self.index(k, env) for k in lower), node.span)
            case page.Indicator(condition):
                return scalar(self.truth(condition, env))
            case page.Cases(branches):
                return self.cases(branches, env)
            case page.Matrix(rows):
                return self.matrix(rows, env, node.span)
            case page.Evaluated(body, at):
                return self.evaluated(body, at, env)
            case page.Relation() | page.Chain():
                raise UnknownMeaning("a relation is not a quantity", node.span)
            case page.Dots():
                raise UnknownMeaning("an ellipsis: write the sum with its index", node.span)
        raise UnknownMeaning(f"{type(node).__name__} has no meaning here", node.span)

    def notation(self, node: Node, env: Env) -> Value | None:
        """What the author declared this very expression to mean; its indices are placeholders."""
        for d in self._notations:
            assert d.params is not None
            pattern, mark = d.params[0], f"{NOTATION}{id(d)}"
            found: dict[str, Node] = {}
            if mark in env.active or not _fits(pattern, node, _subscripts(pattern), found):
                continue
            operand = found.pop(HOLE, None)
            bound = {k: self.index(v, env) for k, v in found.items()}
            inner = replace(env, bound={**env.bound, **bound}, active=(*env.active, mark))
            return self.value(d.body if operand is None else page.substitute(d.body, {page.Sym(HOLE): operand}), inner)
        return None

    def number(self, node: Node, env: Env) -> Core:
        """The term of a scalar."""
        v = self.value(node, env)
        if v.shape:
            raise ShapeError(f"a number is needed, not {self.sizes.words(v)}", node.span)
        return v.term

    def written_out(self, terms: tuple[Node, ...], span: Span | None) -> Node:
        """t_1 + t_2 + .. + t_n as a sum over the running number."""
        at = next(k for k, t in enumerate(terms) if isinstance(t, page.Dots))
        letter = page.Sym(self.sizes.fresh("k"))
        if 0 < at < len(terms) - 1:
            last = terms[at + 1]
            for first in (0, 1):
                end = _running(terms[at - 1], last, letter, at - 1 + first)
                for start in range(at if end is not None else 0):
                    assert end is not None
                    numbered = range(at - start)
                    if all(_at(end[0], letter, at - 1 + first - k) == terms[at - 1 - k] for k in numbered):
                        lower = page.Num(start + first)
                        total = page.Sum(end[0], letter, lower, end[1])
                        rest = (*terms[:start], total, *terms[at + 2 :])
                        return rest[0] if len(rest) == 1 else page.Add(rest)
        raise UnknownMeaning("an ellipsis between terms that are not numbered: write the sum with its index", span)

    def named(self, node: Node, env: Env) -> Value:
        name = name_of(node)
        if name is None:
            assert isinstance(node, page.Indexed)
            if node.upper or not node.lower:
                raise UnknownMeaning("indices on this have no meaning here", node.span)
            return self.entry(
                self.value(node.base, env), tuple(self.index(k, env) for k in node.lower), node.span
            )
        if name.base == "\\delta" and self.is_kronecker(name):
            a, b = (self.index(k, env) for k in name.lower)
            return scalar(delta(a, b))
        return self.name(name, env, node.span)

    def is_kronecker(self, name: Name) -> bool:
        letters = "ijklmnpqrabcd"
        return (
            len(name.lower) == 2
            and not name.upper
            and "\\delta" not in self._stacks
            and "\\delta" not in self.survey.kinds
            and all(
                isinstance(k, page.Num) or (isinstance(k, page.Sym) and k.name in letters) for k in name.lower
            )
        )

    # -- products, quotients, powers ----------------------------------------------------------------

    def product(self, factors: tuple[Node, ...], env: Env, span: Span | None) -> Value:
        out = self.value(factors[0], env)
        for f in factors[1:]:
            out = self.sizes.product(out, self.value(f, env), f.span or span)
        return out

    def quotient(self, num: Value, den: Value, span: Span | None) -> Value:
        if den.shape and not self.sizes.fit(num.shape, den.shape):
            raise ShapeError(f"cannot divide {self.sizes.words(num)} by {self.sizes.words(den)}", span)
        return self.sizes.entrywise((num, den), div, "divide", span)

    def power(self, base: Node, exp: Node, env: Env, span: Span | None) -> Value:
        if (
            isinstance(base, page.Norm)
            and base.p in (None, page.Num(2), page.Sym("F"))
            and exp == page.Num(2)
        ):
            return scalar(self.squares(self.value(base.arg, env)))
        if (
            base == page.Sym("e")
            and "e" not in self._stacks
            and "e" not in env.params
            and not self.scope.kind("e")
        ):
            return each(lambda t: Call("exp", (t,)), self.value(exp, env))
        raised = self.raised_name(base, exp, env, span)
        if raised is not None:
            return raised
        b = self.value(base, env)
        if len(b.shape) == 1 and isinstance(exp, page.Sym) and exp.name in self.survey.subscripts:
            return self.entry(b, (self.index(exp, env),), span)
        if b.shape:
            return self.matrix_power(b, exp, span)
        e = self.number(exp, env)
        return scalar(raise_to(b.term, e))

    def raised_name(self, base: Node, exp: Node, env: Env, span: Span | None) -> Value | None:
        """E^q where E^q is defined or declared with an upper index: no power."""
        name = name_of(page.Pow(base, exp)) or self.raised(base, exp)
        return None if name is None else self.name(name, env, span)

    def matrix_power(self, b: Value, exp: Node, span: Span | None) -> Value:
        if (
            len(b.shape) == 2
            and isinstance(exp, page.Num)
            and 0 < exp.value <= 8
            and exp.value == int(exp.value)
        ):
            out = b
            for _ in range(int(exp.value) - 1):
                out = self.sizes.product(out, b, span)
            return out
        if len(b.shape) == 1:
            raise UnknownMeaning("the power of a vector: write v^T v, or v \\odot v entry by entry", span)
        raise UnknownMeaning("this power of a matrix has no meaning here", span)

    def squares(self, v: Value) -> Core:
        """The sum of the squares of all entries."""
        return self.summed(v, square)

    def summed(self, v: Value, fn: object) -> Core:
        assert callable(fn)
        if not v.shape:
            return fn(v.term)  # type: ignore[no-any-return]
        letters = tuple(self.sizes.index() for _ in v.shape)
        out: Core = fn(v.at(letters))
        for letter, size in zip(letters, v.shape, strict=True):
            if size != ONE:
                out = Sum(out, letter, ONE, size)
            else:
                out = fill(out, letter.name, lambda _: ONE)
        return out

    def norm(self, arg: Node, p: Node | None, env: Env, span: Span | None) -> Value:
        v = self.value(arg, env)
        if p in (
            None,
            page.Num(2),
            page.Sym("F"),
            page.Sym("\\mathrm{F}"),
            page.Sym("\\textrm{F}"),
            page.Sym("\\text{F}"),
        ):
            return scalar(Call("sqrt", (self.squares(v),)))
        if p == page.Num(1) and len(v.shape) < 2:
            return scalar(self.summed(v, lambda t: Call("abs", (t,))))
        raise UnknownMeaning("this norm has no meaning here", span)

    def inner(self, a: Value, b: Value, span: Span | None) -> Value:
        if not a.shape and not b.shape:
            return scalar(mul(a.term, b.term))
        if len(a.shape) == 2 and len(b.shape) == 2:
            return scalar(self.summed(self.sizes.entrywise((a, b), mul, "multiply", span), lambda t: t))
        return self.sizes.product(transposed(a) if len(a.shape) == 1 else a, b, span)

    # -- functions ------------------------------------------------------------------------------------

    def call(self, fn: Node, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
        if isinstance(fn, page.Prime):
            return self.prime_call(fn, args, env, span)
        name = name_of(fn)
        if name is None:
            raise UnknownMeaning("only a name can be applied to arguments", span)
        for d in self.function_definitions(name, args):
            return self.applied(d, name, args, env, span)
        return self.undefined_call(name, args, env, span)

    def function_definitions(self, name: Name, args: tuple[Node, ...]) -> list[Definition]:
        """Definitions that fit the call, those whose parameters are the written arguments first."""
        group = [
            d for d in self._stacks.get(unbold(name.base), ())
            if d.params is not None and len(d.params) == len(args) and len(d.upper) == len(name.upper)
            and len(d.lower) == len(name.lower)
        ]
        # C'(W) and C'(R) are two definitions, told apart by their arguments.
        for fits in (
            [d for d in group if d.params == args],
            [d for d in group if not all(isinstance(p, page.Sym) for p in d.params or ())
             and all(_same_family(p, a) for p, a in zip(d.params or (), args, strict=True))],
            group,
        ):
            if fits and len({d.params for d in fits}) == 1:
                return fits
        return []

    def applied(
        self, d: Definition, name: Name, args: tuple[Node, ...], env: Env, span: Span | None
    ) -> Value:
        matched = self.match(d, name, env)
        if matched is None:
            return self.undefined_call(name, args, env, span)
        places, _, _ = matched
        params: dict[str, Value] = {}
        body, renamed = d.body, {}
        for k, (param, arg) in enumerate(zip(d.params or (), args, strict=True)):
            if isinstance(param, page.Sym):
                params[param.name] = self.value(arg, env)
            elif param != arg:
                renamed[param] = page.Sym(f"#{k}")
                params[f"#{k}"] = self.value(arg, env)
                self.bind_pattern(param, arg, places, env)
        if renamed:
            key = (id(d), tuple(renamed.items()))
            if key not in self._renamed:
                self._renamed[key] = replace(d, body=page.substitute(body, renamed))
            d = self._renamed[key]
        return self.unfold(d, places, params, env, span)

    def bind_pattern(self, param: Node, arg: Node, places: dict[str, Core], env: Env) -> None:
        """f(x_i) called at x_j: what else the body says of i, it says of j."""
        p, a = name_of(param), name_of(arg)
        if (
            p is not None
            and a is not None
            and (p.base, len(p.upper), len(p.lower)) == (a.base, len(a.upper), len(a.lower))
        ):
            for x, y in zip(p.indices, a.indices, strict=True):
                if isinstance(x, page.Sym) and not self.survey.is_label(x) and not self.survey.is_label(y):
                    places.setdefault(x.name, self.index(y, env))

    def undefined_call(self, name: Name, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
        base = name.base
        declared = self.scope.kind(base)
        if not name.indices and declared is None and base not in self._stacks:
            known = self.builtin(base, args, env, span)
            if known is not None:
                return known
        if (declared is None or declared.rests) and all(name_of(a) is not None for a in args):
            # J(theta), where J is defined or depends without naming its arguments.
            if self.find(name, env) is not None or (declared is not None and declared.rests):
                return self.name(name, env, span)
        if base in _KNOWN_ELSEWHERE:
            raise UnknownMeaning(f"{base} has no meaning here", span)
        if declared is not None and declared.role != "function":
            raise UnknownMeaning(f"{base} is declared as a quantity and is applied to arguments", span)
        values = self.arguments(args, env, span)
        core, written_indices = self.split(name)
        indices = tuple(self.index(k, env) for k in written_indices)
        shape = () if declared is None else tuple(self.size(k) for k in declared.shape)
        if shape:
            return tensor(shape, lambda k: self.called(core, (*indices, *k), values, env, span))
        if len(values) == 1 and values[0].shape and self.is_entrywise(base, declared, values[0], env):
            return each(lambda t: self.called(core, indices, (scalar(t),), env, span), values[0])
        if any(v.shape for v in values) and not self.is_loss(base):
            raise UnknownMeaning(
                f"{base} is not defined here: it may act on a vector entry by entry or as a whole", span
            )
        return scalar(self.called(core, indices, values, env, span))

    def is_entrywise(self, base: str, declared: Kind | None, arg: Value, env: Env) -> bool:
        """Does the function act on every entry: as declared, or because the result must have that shape?"""
        if declared is not None and declared.entrywise:
            return True
        target = self.scope.kind(env.active[-1]) if env.active else None
        if target is not None and target.shape:
            return self.sizes.fit(tuple(self.size(k) for k in target.shape), arg.shape)
        return unbold(base) in ("\\phi", "\\varphi", "\\psi", "g", "\\sigma") and declared is None or base in self.primed

    def arguments(self, args: tuple[Node, ...], env: Env, span: Span | None) -> tuple[Value, ...]:
        if any(isinstance(a, page.Dots) for a in args):
            return (self.family_matrix((args,), env, span),)
        return tuple(self.value(a, env) for a in args)

    def is_loss(self, base: str) -> bool:
        return unbold(base) in (
            "L",
            "l",
            "\\ell",
            "\\mathcal{L}",
            "J",
            "E",
            "C",
            "Q",
            "R",
            "\\mathcal{R}",
            "\\mathcal{J}",
        )

    def called(
        self, core: str, indices: tuple[Core, ...], values: tuple[Value, ...], env: Env, span: Span | None
    ) -> Core:
        term = self.apply(core, indices, values, span)
        return next((symbol for target, symbol in env.opaque if target == term), term)

    def builtin(self, base: str, args: tuple[Node, ...], env: Env, span: Span | None) -> Value | None:
        if base in FUNCTIONS and len(args) == 1:
            fn = FUNCTIONS[base]
            return each(lambda t: Call(fn, (t,)), self.value(args[0], env))
        if base in ("\\log", "\\exp", "\\sqrt"):
            raise UnknownMeaning(f"{base} takes one argument", span)
        match base:
            case "\\max" | "\\min":
                values = tuple(self.value(a, env) for a in args)
                return self.sizes.entrywise(values, lambda *t: Call(base[1:], t), "compare", span)
            case "\\mathbb{E}" | "\\operatorname{E}":
                return each(lambda t: Call("E", (t,)), self.value(args[0], env))
            case "\\operatorname{softplus}":
                return each(lambda t: Call("log", (add(ONE, Call("exp", (t,))),)), self.value(args[0], env))
            case "\\operatorname{softmax}":
                return self.softmax(self.value(args[0], env), span)
            case "\\operatorname{diag}":
                return self.diag(args, env, span)
            case "\\operatorname{tr}" | "\\operatorname{Tr}" | "\\operatorname{trace}":
                return self.trace(self.value(args[0], env), span)
            case "\\operatorname{Var}" | "\\operatorname{Cov}":
                raise UnknownMeaning(f"{base} has no meaning here", span)
        return None

    def softmax(self, v: Value, span: Span | None) -> Value:
        if len(v.shape) == 2 and v.shape[0] != ONE:
            n, m = v.shape

            def row(k: tuple[Core, ...]) -> Core:
                total = self.sum_to(m, lambda j: Call("exp", (v.at((k[0], j)),)))
                return div(Call("exp", (v.at(k),)), total)

            return tensor((n, m), row)
        if not v.shape:
            raise ShapeError("softmax needs a vector, not a scalar", span)
        size = v.shape[-1]
        flat = (lambda j: v.at((ONE, j))) if len(v.shape) == 2 else (lambda j: v.at((j,)))
        return Value(
            v.shape,
            lambda k: div(Call("exp", (v.at(k),)), self.sum_to(size, lambda j: Call("exp", (flat(j),)))),
        )

    def sum_to(self, size: Core, body: object) -> Core:
        assert callable(body)
        j = self.sizes.index()
        return Sum(body(j), j, ONE, size)

    def diag(self, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
        v = self.value(args[0], env) if len(args) == 1 else self.matrix((args,), env, span)
        if not v.shape:
            v = self.over_free_index(args[0], env) or v
        if len(v.shape) == 2 and v.shape[0] == ONE:
            v = transposed(v)
        if len(v.shape) == 1:
            return tensor((v.shape[0], v.shape[0]), lambda k: mul(delta(k[0], k[1]), v.at((k[0],))))
        if len(v.shape) == 2 and self.sizes.agree(v.shape[0], v.shape[1]):
            return tensor((v.shape[0],), lambda k: v.at((k[0], k[0])))
        raise ShapeError(f"diag needs a vector, not {self.sizes.words(v)}", span)

    def over_free_index(self, node: Node, env: Env) -> Value | None:
        """diag(y_i): the vector over the one index that nothing binds."""
        letters = {
            k.name for n in page.walk(node) if (name := name_of(n)) is not None for k in name.indices
            if isinstance(k, page.Sym) and k.name not in env.bound and not self.survey.is_label(k)
        }
        if len(letters) != 1:
            return None
        letter = letters.pop()
        lower, upper = self.range_of(self.survey.range_over(letter, node), env)
        if lower != ONE:
            return None
        return tensor((upper,), lambda k: self.number(node, env.bind(letter, k[0])))

    def trace(self, v: Value, span: Span | None) -> Value:
        if not v.shape:
            return v
        if len(v.shape) != 2 or not self.sizes.agree(v.shape[0], v.shape[1]):
            raise ShapeError(f"the trace needs a square matrix, not {self.sizes.words(v)}", span)
        return scalar(self.sum_to(v.shape[0], lambda k: v.at((k, k))))

    # -- primes and nabla ---------------------------------------------------------------------------

    def prime_call(self, fn: page.Prime, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
        """f'(x): by the argument, also where x is a vector and f acts on its entries."""
        name = name_of(fn)
        if name is not None:
            for d in self.function_definitions(name, args):
                return self.applied(d, name, args, env, span)
        if len(args) != 1:
            raise UnknownMeaning("a prime on a function of several arguments: write the derivative", span)
        at = self.value(args[0], env)
        slot = self.sizes.fresh("t")
        inner = replace(env, params={**env.params, slot: scalar(Sym(slot))})
        body = self.call(fn.fn, (page.Sym(slot),), inner, span)
        if body.shape:
            raise UnknownMeaning("a prime on a function with several values: write the derivative", span)
        term = body.term
        for _ in range(fn.order):
            term = differentiated(term, Sym(slot))
        return each(lambda t: fill(term, slot, lambda _: t), at)

    def prime(self, fn: Node, order: int, env: Env, span: Span | None) -> Value:
        """(..)' and f': by what nabla stands for."""
        name = name_of(page.Prime(fn, order))
        if name is not None and (self.find(name, env) is not None or self.kind_of(name)[0] is not None):
            return self.name(name, env, span)
        wrt = self.nabla(span)
        if len(wrt) != 1:
            raise UnknownMeaning("a prime by several variables: write the derivative", span)
        return self.derivative(fn, ((wrt[0], order),), env, span)

    def nabla(self, span: Span | None) -> tuple[Node, ...]:
        """What a bare nabla differentiates by: declared, or the one parameter that the losses name."""
        if self.scope.nabla:
            return self.scope.nabla
        mentioned = (
            frozenset().union(*(page.free_names(n) for n in self.nodes)) if self.nodes else frozenset()
        )
        found = {
            p
            for group in self.scope.definitions.values()
            for d in group
            for p in d.params or ()
            if name_of(p) is not None and name_of(p).base in mentioned  # type: ignore[union-attr]
        }
        if len(found) == 1:
            return (next(iter(found)),)
        raise UnknownMeaning("nabla by what?  write let \\nabla = \\nabla_w", span)

    def gradient(self, body: Node, wrt: Node | None, order: int, env: Env, span: Span | None) -> Value:
        variables = (wrt,) if wrt is not None else self.nabla(span)
        if len(variables) == 1:
            at = self.at_point(body, variables[0], order, env, span)
            if at is not None:
                return at
        if len(variables) == 1:
            return self.derivative(body, ((variables[0], order),), env, span)
        if order != 1:
            raise UnknownMeaning("a Hessian by several variables: collect them in one vector", span)
        parts = [self.derivative(body, ((v, 1),), env, span) for v in variables]
        if any(p.shape for p in parts):
            raise UnknownMeaning("a gradient by several vectors: collect them in one", span)
        return replace(self.listed([p.term for p in parts]), gradient=True)

    def at_point(self, body: Node, wrt: Node, order: int, env: Env, span: Span | None) -> Value | None:
        """nabla_w L(w_3), where w is the parameter of L: the gradient of L at w_3."""
        name = name_of(body.fn) if isinstance(body, page.Call) else None
        if name is None or not isinstance(body, page.Call):
            return None
        for d in self.function_definitions(name, body.args):
            params = d.params or ()
            if wrt not in params or body.args[params.index(wrt)] == wrt:
                return None
            place = params.index(wrt)
            if wrt in set(page.walk(body.args[place])):
                return None
            point = self.value(body.args[place], env)
            slot = self.sizes.fresh("t")
            fresh = tensor(point.shape, lambda k: Ref(slot, k)) if point.shape else scalar(Sym(slot))
            inner = replace(env, params={**env.params, slot: fresh})
            args = (*body.args[:place], page.Sym(slot), *body.args[place + 1 :])
            out = self.derivative(page.Call(body.fn, args), ((page.Sym(slot), order),), inner, span)
            return replace(
                Value(out.shape, lambda k: fill(eliminate(out.at(k), []), slot, point.at)), gradient=out.gradient
            )
        return None

    # -- sums -----------------------------------------------------------------------------------------

    def big(self, node: page.BigOp, env: Env) -> Value:
        letter = node.index.name
        if node.condition is not None or node.lower is None or node.upper is None:
            return self.conditional(node, env)
        lower, upper = self.index(node.lower, env), self.index(node.upper, env)
        k = self.sizes.index(letter)
        return self.collect(node, self.value(node.body, env.bind(letter, k)), k, lower, upper, None)

    def conditional(self, node: page.BigOp, env: Env) -> Value:
        """Unbounded sums and sums under a condition: over the range of the places they run through."""
        letter = node.index.name
        if not letter:
            v = self.value(node.body, env)
            if isinstance(node, page.Sum) and len(v.shape) in (1, 2):
                return scalar(self.summed(v, lambda t: t))
            raise UnknownMeaning("a sum without an index", node.span)
        condition = node.condition
        found: Range | Generic
        if condition is not None and condition.op == "in":
            found = Generic(f"|{_words(condition.rhs)}|")
            condition = None
        else:
            found = self.survey.range_over(letter, node.body)
        lower, upper = self.range_of(found, env)
        if node.lower is not None:
            lower = self.index(node.lower, env)
        if node.upper is not None:
            upper = self.index(node.upper, env)
        k = self.sizes.index(letter)
        inner = env.bind(letter, k)
        if condition is None:
            return self.collect(node, self.value(node.body, inner), k, lower, upper, None)
        if condition.op in ("<", "<=", ">", ">=") and condition.lhs == node.index:
            other = self.index(condition.rhs, env)
            strict = condition.op in ("<", ">")
            if condition.op in ("<", "<="):
                upper = add(other, MINUS) if strict else other
            else:
                lower = add(other, ONE) if strict else other
            self.must_be_bound(condition.rhs, env)
            return self.collect(node, self.value(node.body, inner), k, lower, upper, None)
        weight = self.truth(condition, inner)
        return self.collect(node, self.value(node.body, inner), k, lower, upper, weight)

    def must_be_bound(self, node: Node, env: Env) -> None:
        for s in page.walk(node):
            if isinstance(s, page.Sym) and s.name in self.survey.subscripts and s.name not in env.bound:
                raise UnknownMeaning(
                    f"does this sum run over {s.name} too?  write one sum for each index", node.span
                )

    def collect(
        self, node: page.BigOp, body: Value, k: Sym, lower: Core, upper: Core, weight: Core | None
    ) -> Value:
        if isinstance(node, page.Sum):
            return replace(
                Value(
                    body.shape,
                    lambda e: Sum(body.at(e) if weight is None else mul(weight, body.at(e)), k, lower, upper),
                ),
                gradient=body.gradient,
            )
        if body.shape:
            raise UnknownMeaning("a product of vectors or matrices over an index", node.span)
        term = body.term
        if (
            isinstance(lower, Num)
            and isinstance(upper, Num)
            and upper.value - lower.value < 12
            and weight is None
        ):
            count = int(upper.value - lower.value) + 1
            return scalar(
                mul(*(fill(term, k.name, lambda _, i=i: Num(lower.value + i)) for i in range(count)))
            )
        logs = Call("log", (term,)) if weight is None else mul(weight, Call("log", (term,)))
        # A product of positive factors; that they are positive becomes a condition of the verdict.
        return scalar(Call("exp", (Sum(logs, k, lower, upper),)))

    # -- conditions -----------------------------------------------------------------------------------

    def truth(self, r: page.Relation, env: Env) -> Core:
        """1 where the relation holds, else 0."""
        if r.op in ("=", "!=", "equiv"):
            hit = self.equal(r.lhs, r.rhs, env)
            return hit if r.op != "!=" else add(ONE, neg(hit))
        if r.op in ("<", "<=", ">", ">="):
            a, b = self.number(r.lhs, env), self.number(r.rhs, env)
            if r.op in (">", ">="):
                a, b = b, a
            if _integral(a) and _integral(b):
                raise UnknownMeaning("an order of indices under an indicator", r.span)
            if r.op in ("<=", ">="):
                return add(ONE, neg(Call("step", (add(a, neg(b)),))))
            return Call("step", (add(b, neg(a)),))
        raise UnknownMeaning("this condition has no meaning here", r.span)

    def equal(self, left: Node, right: Node, env: Env) -> Core:
        a, b = self.value(left, env), self.value(right, env)
        if not a.shape and not b.shape:
            if _integral(a.term) and _integral(b.term):
                return delta(a.term, b.term)
            if isinstance(b.term, Ref | Sym) and _integral(a.term):
                a, b = b, a
            if isinstance(a.term, Ref | Sym) and _integral(b.term):
                # 1{y_i = k}: an entry of a one-hot vector.
                base, indices = (
                    (a.term.name, a.term.indices) if isinstance(a.term, Ref) else (a.term.name, ())
                )
                return Ref(f"[{base}=]", (*indices, b.term))
        raise UnknownMeaning("this condition has no meaning here", left.span)

    def cases(self, branches: tuple[tuple[Node, page.Relation | None], ...], env: Env) -> Value:
        values = [self.value(v, env) for v, _ in branches]
        weights: list[Core] = []
        rest: list[Core] = []
        for _, condition in branches:
            if condition is None:
                weights.append(mul(*rest))
            else:
                hit = self.truth(condition, env)
                weights.append(hit)
                rest.append(add(ONE, neg(hit)))
        return self.sizes.entrywise(
            tuple(values),
            lambda *t: add(*(mul(w, x) for w, x in zip(weights, t, strict=True))),
            "choose",
            None,
        )

    # -- matrices and points -----------------------------------------------------------------------------

    def listed(self, terms: list[Core]) -> Value:
        """A column of given entries."""
        return tensor((Num(Fraction(len(terms))),), lambda k: pick(k[0], terms))

    def matrix(self, rows: tuple[tuple[Node, ...], ...], env: Env, span: Span | None) -> Value:
        if any(isinstance(e, page.Dots) for row in rows for e in row):
            return self.family_matrix(rows, env, span)
        width = len(rows[0])
        if any(len(r) != width for r in rows):
            raise ShapeError("the rows of this matrix differ in length", span)
        values = [[self.value(e, env) for e in row] for row in rows]
        if any(v.shape for row in values for v in row):
            return self.blocks(values, span)
        table = [[v.term for v in row] for row in values]
        shape = (Num(Fraction(len(rows))), Num(Fraction(width)))
        return tensor(
            shape,
            lambda k: (
                pick(k[0], [pick(k[1], row) for row in table])
                if len(k) == 2
                else pick(k[0], [row[0] for row in table])
            ),
        )

    def blocks(self, values: list[list[Value]], span: Span | None) -> Value:
        """Rows stacked, or columns side by side."""
        flat = [v for row in values for v in row]
        if all(len(v.shape) == 2 and v.shape[0] == ONE for v in flat) and len(values[0]) == 1:
            return tensor(
                (Num(Fraction(len(flat))), flat[0].shape[1]),
                lambda k: pick(k[0], [v.at((ONE, k[1])) for v in flat]),
            )
        if all(len(v.shape) == 1 for v in flat) and len(values) == 1:
            return tensor(
                (flat[0].shape[0], Num(Fraction(len(flat)))),
                lambda k: pick(k[1], [v.at((k[0],)) for v in flat]),
            )
        raise UnknownMeaning("a matrix of blocks: write its entries", span)

    def family_matrix(self, rows: tuple[tuple[Node, ...], ...], env: Env, span: Span | None) -> Value:
        """(x_1, .., x_n) and its column form: the entry of a family at a running index."""
        if len(rows) == 1 and len(rows[0]) >= 3:
            first, *_, last = rows[0]
            vertical = False
        elif all(len(r) == 1 for r in rows) and len(rows) >= 3:
            first, last = rows[0][0], rows[-1][0]
            vertical = True
        elif len(rows) >= 3 and len({len(r) for r in rows}) == 1:
            columns = [
                self.family_matrix(tuple((r[c],) for r in rows), env, span) for c in range(len(rows[0]))
            ]
            size = columns[0].shape[0]
            return tensor(
                (size, Num(Fraction(len(columns)))), lambda k: pick(k[1], [c.at((k[0],)) for c in columns])
            )
        else:
            raise UnknownMeaning("an ellipsis: this matrix has no meaning here", span)
        running = page.Sym(self.sizes.fresh("k"))
        end = _running(first, last, running)
        if end is None:
            raise UnknownMeaning("an ellipsis between entries that are not numbered 1 to n", span)
        template, upper = end
        size = self.index(upper, env)

        def at(k: Core) -> Value:
            return self.value(template, env.bind(running.name, k))

        probe = at(self.sizes.index())
        if not probe.shape:
            if vertical:
                return tensor((size,), lambda k: at(k[0]).term)
            return tensor((ONE, size), lambda k: at(k[1]).term)
        if vertical and len(probe.shape) == 2 and probe.shape[0] == ONE:
            return tensor((size, probe.shape[1]), lambda k: at(k[0]).at((ONE, k[1])))
        if not vertical and len(probe.shape) == 1:
            return tensor((probe.shape[0], size), lambda k: at(k[1]).at((k[0],)))
        raise UnknownMeaning("a matrix of blocks: write its entries", span)

    def evaluated(self, body: Node, at: page.Relation, env: Env) -> Value:
        """The body at a point: read with the variable free, then filled in."""
        v = self.variable(at.lhs, env)
        if at.op != "=":
            raise UnknownMeaning("a point is given by an equation", at.span)
        point = self.value(at.rhs, env)
        out = self.value(body, v.env)
        probe = v.at(tuple(self.sizes.index() for _ in v.shape))
        if v.shape and point.shape and not self.sizes.fit(v.shape, point.shape):
            raise ShapeError(
                f"a point of shape {self.sizes.words(point)} for {self.sizes.words(Value(v.shape, v.at))}",
                at.span,
            )
        name = probe.name if isinstance(probe, Ref | Sym) else ""
        fixed = len(probe.indices) - len(v.shape) if isinstance(probe, Ref) else 0

        def put(t: Core) -> Core:
            t = eliminate(t, [])
            return fill(t, name, lambda k: point.at(k[fixed:]) if point.shape else point.term)

        if fixed:
            raise UnknownMeaning("a point for one of many: name the whole family", at.span)
        return Value(out.shape, lambda k: put(out.at(k)), gradient=out.gradient)


def _subscripts(pattern: Node) -> frozenset[str]:
    """Letters that stand as indices in a declared notation."""
    out: set[str] = set()
    for node in page.walk(pattern):
        if isinstance(node, page.Indexed | page.Component):
            entries = (*node.lower, *node.upper) if isinstance(node, page.Indexed) else node.lower
            out |= {e.name for e in entries if isinstance(e, page.Sym) and len(e.name) == 1}
        elif isinstance(node, page.Indicator):
            out |= {s.name for s in page.walk(node) if isinstance(s, page.Sym) and len(s.name) == 1}
    return frozenset(out)


def _fits(pattern: object, node: object, letters: frozenset[str], found: dict[str, Node]) -> bool:
    """Is the node the pattern with other indices?"""
    if isinstance(pattern, page.Sym) and (pattern.name in letters or pattern.name == HOLE) and isinstance(node, Node):
        return found.setdefault(pattern.name, node) == node
    if isinstance(pattern, tuple):
        return isinstance(node, tuple) and len(node) == len(pattern) and all(
            _fits(p, n, letters, found) for p, n in zip(pattern, node, strict=True)
        )
    if isinstance(pattern, Node):
        return type(node) is type(pattern) and all(
            _fits(getattr(pattern, f.name), getattr(node, f.name), letters, found)
            for f in fields(pattern) if f.name != "span"
        )
    return pattern == node


def _same_family(param: Node, arg: Node) -> bool:
    """x^{(i)} and x^{(1)}; a plain parameter takes anything."""
    p, a = name_of(param), name_of(arg)
    if isinstance(param, page.Sym):
        return True
    return p is not None and a is not None and (p.base, len(p.upper), len(p.lower)) == (
        a.base, len(a.upper), len(a.lower)
    )


def delta(a: Core, b: Core) -> Core:
    rest = gap(a, b)
    if rest is not None:
        return ONE if rest == 0 else ZERO
    return Delta(a, b)


def pick(k: Core, entries: list[Core]) -> Core:
    """The entry at a known place; at an unknown one, the sum of delta_{k,i} entry_i."""
    if isinstance(k, Num):
        return entries[int(k.value) - 1]
    return add(*(mul(Delta(k, Num(Fraction(i + 1))), e) for i, e in enumerate(entries)))


def raise_to(base: Core, exp: Core) -> Core:
    if exp == ONE:
        return base
    return Pow(base, exp)


def _integral(t: Core) -> bool:
    match t:
        case Num(value):
            return value.denominator == 1
        case Sym(_, sort):
            return sort != "real"
    return gap(t, t) == 0 and all(
        _integral(k) for k in getattr(t, "terms", getattr(t, "factors", (Sym("", "real"),)))
    )


def _words(node: Node) -> str:
    name = name_of(node)
    return str(name) if name is not None else "S"


def _running(first: Node, last: Node, letter: page.Sym, number: int = 1) -> tuple[Node, Node] | None:
    """The last entry with its number made a letter, and that number, if this gives ``first`` at ``number``."""
    for node in page.walk(last):
        if isinstance(node, page.Sym | page.Num):
            template = page.substitute(last, {node: letter})
            if template != last and _at(template, letter, number) == first:
                return template, node
    return None


def _at(template: Node, letter: page.Sym, number: int) -> Node:
    return page.substitute(template, {letter: page.Num(number)})


__all__ = ["TWO", "Elaborator"]
