"""Functions: definitions applied, built-in functions, undefined ones; primes and nabla."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from ..core import Call, Core, Ref, Sum, Sym
from ..errors import ShapeError, Span, UnknownMeaning
from ..functions import LETTERS, PAGES
from ..names import Numbered
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Definition, Kind, Scope
from ..page.symbols import symbol_of, unbold
from ..page.tree import Node
from ..reasons import Needed, NotDefined, SoftmaxOfScalar
from .derivatives import NABLA, Variable, alike, differentiated, exchange, fill, settled
from .indices import LITERAL, Env, Held, Reading, delta, page_short
from .matrices import Matrices
from .tensors import ONE, Value, div, each, log, mul, scalar, tensor, transposed

# Functions that have a meaning which the judge does not know: never opaque, never guessed.
_KNOWN_ELSEWHERE = frozenset(
    ["d", "\\binom", "\\cot", "\\det",
     "\\lim", "\\sup", "\\inf", "\\arg", "\\arg\\min", "\\arg\\max", "\\gcd", "\\operatorname{Var}",
     "\\operatorname{Cov}", "\\operatorname{vec}", "\\operatorname{rank}", "\\Pr", "\\dim", "\\ker", "\\{\\}"]
)  # fmt: skip

_OF_MATRICES = frozenset(("exp", "log", "sqrt"))
_OPERATORS = frozenset(
    ["\\max", "\\min", "\\operatorname{tr}", "\\operatorname{diag}"]
)


class Functions(Matrices):
    """Calls, primes, gradients."""

    def __init__(self, scope: Scope, nodes: tuple[Node, ...], reading: Reading = LITERAL) -> None:
        super().__init__(scope, nodes, reading)
        self._renamed: dict[object, Definition] = {}
        self.expectations: set[tuple[tuple[Node, ...], ...]] = set()
        applied = (page.Call, page.Prime, page.Derivative, page.Gradient)
        claimed = [n for node in nodes for n in page.walk(node) if isinstance(n, applied)]
        bodies = (n for d in self.survey.definitions for n in page.walk(d.body))
        spoken = [*claimed, *(n for n in bodies if isinstance(n, applied))]
        # A function whose derivative is written f' has numbers as arguments.
        primes = (n.fn for n in spoken if isinstance(n, page.Prime))
        self.primed = {name.base for fn in primes if (name := name_of(fn)) is not None}
        calls = (n for n in claimed if isinstance(n, page.Call) and isinstance(n.fn, page.Prime))
        self.primed_at = {(n.fn.fn, k) for n in calls if isinstance(n.fn, page.Prime) for k in n.args}
        self._operands: dict[str, dict[Node, bool]] = {}
        for base, operand, sure in (k for n in claimed for k in _operands(n)):
            known = self._operands.setdefault(base, {})
            known[operand] = sure or known.get(operand, False)
        variables = (v for n in spoken for v in _variables(n))
        self.varied = {name.base for v in variables if (name := name_of(v)) is not None}

    # -- functions ------------------------------------------------------------------------------------

    def call(self, fn: Node, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
        if isinstance(fn, page.Prime):
            return self.prime_call(fn, args, env, span)
        name = name_of(fn)
        if name is None:
            raise UnknownMeaning("only a name can be applied to arguments", span)
        for d in self.function_definitions(name, args):
            return self.applied(d, name, args, env, span)
        order = self.written_order(name, args)
        if order:
            return self.prime_call(page.Prime(page.Sym(name.base), order), args, env, span)
        return self.undefined_call(name, args, env, span)

    def standing_alone(self, name: Name, env: Env) -> Value | None:
        """sigma without its argument, where the claim uses it as a function of one: its value there."""
        operands = self._operands.get(name.base, {}).keys() - {ANY}
        if name.indices or name.base not in self._operands or len(operands) > 1 or (
            name.base in self.scope.kinds or name.base in self._stacks
        ):
            return None
        operand = next(iter(operands), ANY)
        if not any(self._operands[name.base].values()):
            self.doubt(f"{name.base} was read as {name.base}({page_short(operand)})")
        return self.call(page.Sym(name.base), (operand,), env, None)

    def written_order(self, name: Name, args: tuple[Node, ...]) -> int:
        """n where f^{(n)} is the n-th derivative of a function defined without upper index, else 0."""
        if name.lower or len(name.upper) != 1 or name.bracket != "()" or len(args) != 1:
            return 0
        group = self._stacks.get(unbold(name.base), ())
        known = self.function_definitions(Name(name.base), args) or (name.base in PAGES and not group)
        if not known or any(d.upper for d in group):
            return 0
        n = name.upper[0]
        if not isinstance(n, page.Num) or n.value != int(n.value) or not 0 < n.value <= 8:
            raise UnknownMeaning("this derivative of a function: write its order as a number")
        return int(n.value)

    def function_definitions(self, name: Name, args: tuple[Node, ...]) -> list[Definition]:
        """Definitions that fit the call, those whose parameters are the written arguments first."""
        group = [
            d
            for d in self._stacks.get(unbold(name.base), ())
            if d.params is not None
            and len(d.params) == len(args)
            and len(d.upper) == len(name.upper)
            and len(d.lower) == len(name.lower)
        ]
        # C'(W) and C'(R) are two definitions, told apart by their arguments.
        for fits in (
            [d for d in group if d.params == args],
            [
                d
                for d in group
                if not all(isinstance(p, page.Sym) for p in d.params or ())
                and all(_same_family(p, a) for p, a in zip(d.params or (), args, strict=True))
            ],
            group,
        ):
            if fits and len({d.params for d in fits}) == 1:
                return fits
            if symbol_of(name.base).primes:
                break
        return []

    def applied(
        self, d: Definition, name: Name, args: tuple[Node, ...], env: Env, span: Span | None
    ) -> Value:
        matched = self.match(d, name, env)
        if matched is None:
            return self.undefined_call(name, args, env, span)
        places, _, _ = matched
        params: dict[str, Value] = {}
        body = d.body
        renamed: dict[Node, Node] = {}
        for k, (param, arg) in enumerate(zip(d.params or (), args, strict=True)):
            if param == arg and isinstance(param, page.Sym) and param.name not in env.params:
                # J(theta) at theta: the name itself, whatever it stands for here.
                continue
            if isinstance(param, page.Sym):
                params[param.name] = self.value(arg, env)
            elif param != arg:
                renamed[param] = page.Sym(Numbered(k))
                params[Numbered(k)] = self.value(arg, env)
                self.bind_pattern(param, arg, places, env)
                self.must_be_placed(d, param, arg, places)
        if renamed:
            key = (id(d), tuple(renamed.items()))
            if key not in self._renamed:
                self._renamed[key] = replace(d, body=page.substitute(body, renamed))
            d = self._renamed[key]
        hidden = {p for p in params if self.is_hidden(d, p)}
        out = self.unfold(d, places, {p: v for p, v in params.items() if p not in hidden}, env, span)
        for p in hidden:
            out = self.filled_in(out, p, params[p], env, span)
        return out

    def is_hidden(self, d: Definition, param: str) -> bool:
        """Does the body use the parameter through other definitions (J(theta) through h_theta)?"""
        names = (name_of(n) for n in page.walk(d.body))
        return any(
            param in self._names_in((e.body,)) and not any(p == page.Sym(param) for p in e.params or ())
            for base in {unbold(n.base) for n in names if n is not None}
            for e in self._stacks.get(base, ()) if e is not d
        )

    def filled_in(self, v: Value, param: str, arg: Value, env: Env, span: Span | None) -> Value:
        """The value with a name replaced wherever it has come to stand."""
        free = self.name(Name(param), replace(env, params={}), span)
        probe = free.at(tuple(self.sizes.index() for _ in free.shape))
        if not isinstance(probe, Ref | Sym):
            raise UnknownMeaning(f"{param} is no plain name here and cannot be replaced", span)
        self.no_products(v.at(tuple(self.sizes.index() for _ in v.shape)), span)
        at = arg.at if arg.shape else (lambda _: arg.term)
        return replace(v, at=lambda k: fill(settled(v.at(k)), probe.name, at), ref=None)

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

    def must_be_placed(self, d: Definition, param: Node, arg: Node, places: Mapping[str, Core]) -> None:
        """f(z_j) of a definition f(x_i) = x_i y_i: of which i is the y?"""
        name = name_of(param)
        letters = {k.name for k in (() if name is None else name.indices) if isinstance(k, page.Sym)}
        rest = page.substitute(d.body, {param: page.Num(0)})
        for letter in sorted(letters & page.free_names(rest) - places.keys()):
            said = f"{d.key}({page_short(param)}) names {letter}"
            raise UnknownMeaning(f"{said}, which {page_short(arg)} does not", arg.span)

    def undefined_call(self, name: Name, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
        base = name.base
        declared = self.scope.kind(base)
        if declared is None and name.lower and not name.upper:
            # phi_j(x) is an entry of the declared phi(x).
            for whole, kind in self.scope.kinds.items():
                vector = kind.role == "function" and len(kind.shape) == len(name.lower)
                if vector and unbold(whole) == unbold(base):
                    inner = self.undefined_call(Name(whole), args, env, span)
                    return self.entry(inner, tuple(self.index(k, env) for k in name.lower), span)
        if not name.indices and declared is None and base not in self._stacks:
            known = self.builtin(base, args, env, span)
            if known is not None:
                return known
        if declared is not None and declared.rests:
            # L(Z), where L depends on Z: L itself, and at another argument the same function there.
            if args == declared.rests or len(args) != len(declared.rests) or self.rests_on(name, args, env):
                return self.name(name, env, span)
        elif all(map(_names, args)) and self.find(name, env) is not None:
            # J(theta), where the definition of J names no arguments, or others.
            return self.name(name, env, span)
        if name.indices and declared is None:
            special = self.over_index(name, args, env, span)
            if special is not None:
                return special
        if base == "!":
            self.doubt("the factorial is not known here: it was taken as an undefined function")
        if base in _KNOWN_ELSEWHERE:
            raise UnknownMeaning(f"{base} has no meaning here", span)
        if declared is not None and declared.role != "function" and not declared.rests:
            raise UnknownMeaning(f"{base} is declared as a quantity and is applied to arguments", span)
        if declared is None and base in self.varied:
            # w (x): as a function of x it would be constant in w, and any derivative by w "proved".
            what = "differentiated by, and applied to arguments: write \\cdot for a product"
            raise UnknownMeaning(f"{base} is {what}", span)
        values = self.arguments(args, env, span)
        inside = self.parameters(name)
        given = self.arguments(inside, env, span)
        core, written_indices = self.split(_without(name, inside))
        if declared is None:
            self.unknown_functions.add(core)
            if symbol_of(base).word == "\\mathrm":
                self.doubt(NotDefined(base, f"write let {base}(..) = .."))
        indices = tuple(self.index(k, env) for k in written_indices)
        shape = () if declared is None else self.shape(declared, indices)
        if shape:
            return tensor(shape, lambda k: self.called(core, (*indices, *k), (*given, *values), env, span))
        one = len(values) == len(args) == 1 and bool(values[0].shape)
        if one and self.is_entrywise(base, declared, values[0], env):
            return each(lambda t: self.called(core, indices, (*given, scalar(t)), env, span), values[0])
        if any(v.shape for v in values) and not self.is_loss(base):
            self.doubt(NotDefined(base, "it may act on a vector entry by entry or as a whole"))
            self.alternatives.add("entrywise")
            if one and self.reading.entrywise:
                return each(lambda t: self.called(core, indices, (*given, scalar(t)), env, span), values[0])
        return scalar(self.called(core, indices, (*given, *values), env, span))

    def parameters(self, name: Name) -> tuple[Node, ...]:
        """The theta of f_theta(x) where something is differentiated by it: no label but an argument."""
        varied = {unbold(base) for base in self.varied}
        return tuple(k for k in name.indices if {unbold(n) for n in self._names_in((k,))} & varied)

    def rests_on(self, name: Name, args: tuple[Node, ...], env: Env) -> bool:
        """Are these the very quantities that the name depends on?"""
        kind, _ = self.kind_of(name)
        if kind is None:
            return False
        indices = tuple(self.index(k, env) for k in self.split(name)[1])
        return self.same_args(tuple(self.value(a, env) for a in args), self.rests(kind, indices, env))

    def is_entrywise(self, base: str, declared: Kind | None, arg: Value, env: Env) -> bool:
        """Does the function act on every entry: as declared, or because the result must have that shape?"""
        if declared is not None and declared.entrywise:
            return True
        target = self.scope.kind(env.active[-1][0].key) if env.active else None
        if env.active and self.is_loss(env.active[-1][0].key):
            return False
        if target is not None and target.shape:
            return self.sizes.fit(self.shape(target, env.active[-1][1]), arg.shape)
        return (
            unbold(base) in ("\\phi", "\\varphi", "\\psi", "g", "\\sigma") and declared is None
        ) or base in self.primed

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
        return next((symbol for target, symbol in env.opaque if alike(target, term)), term)

    def builtin(self, base: str, args: tuple[Node, ...], env: Env, span: Span | None) -> Value | None:
        if base in PAGES and len(args) == 1:
            return self.of_entries(PAGES[base].name, self.value(args[0], env), span)
        if base in ("\\log", "\\exp", "\\sqrt"):
            raise UnknownMeaning(f"{base} takes one argument", span)
        match base:
            case "\\max" | "\\min":
                fn = "max" if base == "\\max" else "min"
                values = tuple(self.value(a, env) for a in args)
                return self.sizes.entrywise(values, lambda *t: Call(fn, t), "compare", span)
            case "\\mathbb{E}" | "\\operatorname{E}":
                return each(lambda t: Call("E", (t,)), self.value(args[0], env))
            case "\\operatorname{softmax}":
                return self.softmax(self.value(args[0], env), span)
            case "\\operatorname{diag}":
                return self.diag(args, env, span)
            case "\\mathrm{d}" if len(args) == 1:
                return self.differential(args[0], env, span)
            case "\\operatorname{tr}" | "\\operatorname{Tr}" | "\\operatorname{trace}":
                return self.trace(self.value(args[0], env), span)
        return None

    def of_entries(self, fn: str, v: Value, span: Span | None) -> Value:
        """exp, log and sqrt of a square matrix mean another thing than those of its entries."""
        if fn in _OF_MATRICES and self.is_square(v):
            raise UnknownMeaning(f"{fn} of a square matrix: entry by entry, or of the matrix?", span)
        return each(log if fn == "log" else lambda t: Call(fn, (t,)), v)

    def is_square(self, v: Value) -> bool:
        raise NotImplementedError

    def over_index(self, name: Name, args: tuple[Node, ...], env: Env, span: Span | None) -> Value | None:
        """E_x[..], softmax_i(..); an operator over an index is never a function of its argument."""
        base = name.base
        if base in ("\\mathbb{E}", "\\operatorname{E}") and len(args) == 1:
            self.expectations.add((name.upper, name.lower))
            if len(self.expectations) > 1:
                raise UnknownMeaning("expectations over different quantities", span)
            return each(lambda t: Call("E", (t,)), self.value(args[0], env))
        if base == "\\operatorname{softmax}" and len(args) == 1 and not name.upper:
            v = self.softmax(self.value(args[0], env), span)
            return self.entry(v, tuple(self.index(k, env) for k in name.lower), span)
        if base in _OPERATORS or (base in PAGES and base not in LETTERS):
            raise UnknownMeaning(f"{base} with an index has no meaning here", span)
        return None

    def softmax(self, v: Value, span: Span | None) -> Value:
        if len(v.shape) == 2 and v.shape[0] != ONE:
            n, m = v.shape

            def row(k: tuple[Core, ...]) -> Core:
                total = self.sum_to(m, lambda j: Call("exp", (v.at((k[0], j)),)))
                return div(Call("exp", (v.at(k),)), total)

            return tensor((n, m), row)
        if not v.shape:
            raise ShapeError(SoftmaxOfScalar(), span)
        size = v.shape[-1]
        first = (ONE,) * (len(v.shape) - 1)
        total = self.sum_to(size, lambda j: Call("exp", (v.at((*first, j)),)))
        return replace(v, at=lambda k: div(Call("exp", (v.at(k),)), total), ref=None)

    def sum_to(self, size: Core, body: Callable[[Core], Core]) -> Core:
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
        raise ShapeError(Needed("diag needs a vector", self.sizes.found(v.shape)), span)

    def over_free_index(self, node: Node, env: Env) -> Value | None:
        """diag(y_i): the vector over the one index that nothing binds."""
        letters = {
            k.name
            for n in page.walk(node)
            if (name := name_of(n)) is not None
            for k in name.indices
            if isinstance(k, page.Sym) and env.letter(k.name) is None and not self.survey.is_label(k)
        }
        if len(letters) != 1:
            return None
        letter = letters.pop()
        lower, upper = self.range_of(self.survey.ranges.over(letter, node), env)
        if lower != ONE:
            return None
        return tensor((upper,), lambda k: self.number(node, env.bind(letter, k[0])))

    def trace(self, v: Value, span: Span | None) -> Value:
        if not v.shape:
            return v
        if len(v.shape) != 2 or not self.sizes.agree(v.shape[0], v.shape[1]):
            raise ShapeError(Needed("the trace needs a square matrix", self.sizes.found(v.shape)), span)
        return scalar(self.sum_to(v.shape[0], lambda k: v.at((k, k))))

    # -- primes and nabla ---------------------------------------------------------------------------

    def prime_call(self, fn: page.Prime, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
        """f'(x): by the argument, also where x is a vector and f acts on its entries."""
        name = name_of(fn)
        if name is not None:
            for d in self.function_definitions(name, args):
                if not any(d is a for a, _ in env.active):
                    return self.applied(d, name, args, env, span)
        whole = name_of(fn.fn)
        found = [] if whole is None else self.function_definitions(whole, args)
        own = name_of(args[0]) if len(args) == 1 else None
        if found and found[0].params == args and own is not None and own.base not in env.params:
            return self.derivative(page.Call(fn.fn, args), ((args[0], fn.order),), env, span)
        if whole is not None and len(args) == 1 and not found:
            declared = self.scope.kind(whole.base)
            if self.find(whole, env) is not None or (declared is not None and declared.rests == args):
                return self.derivative(fn.fn, ((args[0], fn.order),), env, span)
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
        if isinstance(fn, page.Sym) and self.standing_alone(Name(fn.name), env) is not None:
            operands = self._operands[fn.name].keys() - {ANY}
            return self.prime_call(page.Prime(fn, order), (next(iter(operands), ANY),), env, span)
        wrt = self.nabla(fn, span)
        if len(wrt) != 1:
            raise UnknownMeaning("a prime by several variables: write the derivative", span)
        return self.derivative(fn, ((wrt[0], order),), env, span)

    def nabla(self, body: Node, span: Span | None) -> tuple[Node, ...]:
        """What a bare nabla differentiates by: declared, or the one parameter that the losses name and of
        which the body speaks."""
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
        only = next(iter(found)) if len(found) == 1 else None
        name = None if only is None else name_of(only)
        if only is not None and name is not None and unbold(name.base) in self._names_in((body,)):
            return (only,)
        if any(NABLA in kind.rests for kind in self.implied.values()):
            self.doubt("nabla by what?  write let \\nabla = \\nabla_w")
            return (NABLA,)
        raise UnknownMeaning("nabla by what?  write let \\nabla = \\nabla_w", span)

    def gradient(self, body: Node, wrt: Node | None, order: int, env: Env, span: Span | None) -> Value:
        variables = (wrt,) if wrt is not None else self.arguments_of(body) or self.nabla(body, span)
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

    def arguments_of(self, body: Node) -> tuple[Node, ...]:
        """What a bare nabla differentiates f by, where f(x, y) is defined."""
        name = name_of(body)
        if name is None or name.indices or self.scope.nabla:
            return ()
        params = {d.params for d in self._stacks.get(unbold(name.base), ()) if d.params is not None}
        return (next(iter(params)) or ()) if len(params) == 1 else ()

    def at_point(self, body: Node, wrt: Node, order: int, env: Env, span: Span | None) -> Value | None:
        """nabla_w L(w_3), where w is the parameter of L: the gradient of L at w_3."""
        name = name_of(body.fn) if isinstance(body, page.Call) else None
        if name is None or not isinstance(body, page.Call):
            return None
        found = self.function_definitions(name, body.args)
        params = (found[0].params or ()) if found else ()
        if wrt not in params or _mentions(body.args[params.index(wrt)], name_of(wrt)):
            return None
        place = params.index(wrt)
        point = self.value(body.args[place], env)
        slot = self.sizes.fresh("t")
        fresh = tensor(point.shape, lambda k: Ref(slot, k)) if point.shape else scalar(Sym(slot))
        inner = replace(env, params={**env.params, slot: fresh})
        args = (*body.args[:place], page.Sym(slot), *body.args[place + 1 :])
        out = self.derivative(page.Call(body.fn, args), ((page.Sym(slot), order),), inner, span)
        return replace(out, at=lambda k: fill(settled(out.at(k)), slot, point.at))

    def call_variable(self, node: page.Call, env: Env) -> Variable:
        """dL/df(x): the value of f at x is the variable."""
        name = name_of(node.fn)
        if name is None:
            raise UnknownMeaning("no derivative by this: it is not a name", node.span)
        for d in self.function_definitions(name, node.args):
            args = tuple(self.value(a, env) for a in node.args)
            fresh = self.sizes.fresh(d.key)
            held = replace(env, held=(*env.held, Held(d, fresh, (), args)))
            v = self.value(node, held)
            return Variable(
                v.shape, v.at, held, partial(fill, name=fresh, at=lambda k: self.value(node, env).at(k))
            )
        if self.find(name, env) is not None:
            return self.variable(node.fn, env)
        v = self.value(node, env)
        if v.shape or not isinstance(v.term, Call):
            raise UnknownMeaning("no derivative by this: it is not a name", node.span)
        target, symbol = v.term, Sym(self.sizes.fresh(name.base))
        held = replace(env, opaque=(*env.opaque, (target, symbol)))
        return Variable((), lambda _: symbol, held, lambda t: exchange(t, symbol, target))


def _mentions(node: Node, name: Name | None) -> bool:
    """Does the name stand in the node itself, not only as the letter of another (w in w_3)?"""
    own = name_of(node)
    if own is not None:
        return own == name
    return any(_mentions(k, name) for k in page.children(node))


def _same_family(param: Node, arg: Node) -> bool:
    """x^{(i)} and x^{(1)}; a plain parameter takes anything."""
    p, a = name_of(param), name_of(arg)
    if isinstance(param, page.Sym):
        return True
    return (
        p is not None
        and a is not None
        and (p.base, len(p.upper), len(p.lower)) == (a.base, len(a.upper), len(a.lower))
    )


ANY = page.Sym("\\cdot")
"""The argument of a function that is written without one."""


def _names(arg: Node) -> bool:
    """A variable, or the square of one: J(mu, sigma^2)."""
    match arg:
        case page.Pow(base, page.Num()):
            return name_of(base) is not None
    return name_of(arg) is not None


def _without(name: Name, indices: tuple[Node, ...]) -> Name:
    """f_theta without its theta, but another name than f."""
    if not indices:
        return name
    upper, lower = (tuple(k for k in side if k not in indices) for side in (name.upper, name.lower))
    base = f"{name.base}_{{{','.join(map(page_short, indices))}}}"
    return name._replace(base=base, upper=upper, lower=lower)


def _operands(node: Node) -> Iterator[tuple[str, Node, bool]]:
    """What a built-in function is applied to, or differentiated by, at this node; is it surely that
    function?  (The derivative of a standard deviation looks alike.)"""
    sure = True
    match node:
        case page.Call(page.Sym(base) | page.Prime(page.Sym(base)), (operand,)):
            pass
        case page.Derivative(page.Sym(base), ((operand, _),)):
            sure = node.d == "d" and isinstance(operand, page.Sym)
        case page.Prime(page.Sym(base)):
            operand = ANY
        case _:
            return
    if base in PAGES:
        yield base, operand, sure


def _variables(node: Node) -> tuple[Node, ...]:
    """What a derivative is by."""
    match node:
        case page.Derivative(_, by):
            return tuple(v for v, _ in by)
        case page.Gradient(_, page.Node() as wrt):
            return (wrt,)
    return ()
