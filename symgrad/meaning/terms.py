"""Terms of the page to values: sums, products, powers, functions, vectors and matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

from ..core import Call, Core, Num, Pow, Ref, Sum, Sym, rebuild, walk
from ..errors import ShapeError, Span, UnknownMeaning
from ..kernel.signs import range_of
from ..names import Cardinality, Fresh, Indicated, InverseOf, Numbered, ProductOf
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.matching import instance, placeholders
from ..page.scope import Scope
from ..page.symbols import symbol_of
from ..page.tree import Node
from ..reasons import AnySign, CannotDivide, Elsewhere, NotDefined, PointOfShape
from .derivatives import exchange, fill, settled
from .functions import Functions
from .indices import LITERAL, Env, Reading, delta, page_short
from .products import leaves
from .ranges import Generic, Range
from .tensors import (
    MINUS,
    ONE,
    TWO,
    ZERO,
    Value,
    add,
    div,
    each,
    gap,
    log,
    mul,
    neg,
    refs,
    scalar,
    square,
    transposed,
)

NOTATION = "="
"""The key of definitions whose left side is no name: what such an expression means wherever it stands."""

_COUNTING = frozenset("ijklmnpqrabcdhstu")

HOLE = "\\mathrm{operand}"
"""What an operator of such a definition is applied to."""


_TENSOR = frozenset(["i", "j", "k", "l", "\\mu", "\\nu", "\\rho", "\\lambda"])


class Elaborator(Functions):
    """One reading of the nodes of one claim."""

    def __init__(self, scope: Scope, nodes: tuple[Node, ...], reading: Reading = LITERAL) -> None:
        super().__init__(scope, nodes, reading)
        self._notations = [d for d in scope.definitions.get(NOTATION, ()) if d.params]
        self._alone = frozenset[str]().union(*map(_alone, nodes))

    def flipped(self, v: Value) -> Value:
        return transposed(v)

    def is_square(self, v: Value) -> bool:
        return len(v.shape) == 2 and v.shape[0] != ONE and (
            self.sizes.find(v.shape[0]) == self.sizes.find(v.shape[1])
        )

    def closed(self, t: Core) -> Core:
        """The term with sizes that were found equal written as one."""
        found: dict[str, Core] = {}
        for size in self.sizes.settled():
            other = self.sizes.find(size)
            found = {name: exchange(k, size, other) for name, k in found.items()}
            found[size.name] = other

        def put(t: Core) -> Core:
            if isinstance(t, Sym):
                return found.get(t.name, t)
            return rebuild(t, put)

        return put(t) if found else t

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
            case page.EntrywiseQuotient(num, den):
                values = self.value(num, env), self.value(den, env)
                return self.sizes.entrywise(values, div, "divide entry by entry", node.span)
            case page.Mul(factors, dots):
                return self.product(factors, dots, env, node.span)
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
            case page.Transpose(page.Indexed(base, (*rest, j, k), upper, bracket)) if (
                len(self.value(node.arg, env).shape) == 0
            ):
                # W_{bg}^T is the entry of the transpose.
                swapped = page.Indexed(base, (*rest, k, j), upper, bracket, span=node.span)
                return self.value(swapped, env)
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
                v = self.value(arg, env)
                if not v.shape and v.ref is None:
                    v = v.lift or self.must_have_entries(v, arg)
                return self.entry(v, tuple(self.index(k, env) for k in lower), node.span)
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

    def must_have_entries(self, v: Value, node: Node) -> Value:
        """(y - X w)_i of names of which nobody says that they are vectors."""
        for n in page.walk(node):
            name = name_of(n)
            if name is not None and self.kind_of(name)[0] is None and self.is_unknown(name):
                raise UnknownMeaning(f"what has entries here?  write let {name} \\in ..", node.span)
        return v

    def notation(self, node: Node, env: Env) -> Value | None:
        """What the author declared this very expression to mean; its indices are placeholders."""
        for d in self._notations:
            assert d.params is not None
            pattern = d.params[0]
            if any(d is a for a, _ in env.active):
                continue
            found = instance(pattern, node, placeholders(pattern) | {page.Sym(HOLE)})
            if found is None:
                continue
            operand = found.pop(page.Sym(HOLE), None)
            bound = {k.name: self.index(v, env) for k, v in found.items() if isinstance(k, page.Sym)}
            inner = replace(env, places={**env.places, **bound}, active=(*env.active, (d, ())))
            return self.value(
                d.body if operand is None else page.substitute(d.body, {page.Sym(HOLE): operand}), inner
            )
        return None

    def named(self, node: Node, env: Env) -> Value:
        name = name_of(node)
        if name is None:
            assert isinstance(node, page.Indexed)
            if node.upper or not node.lower:
                raise UnknownMeaning("indices on this have no meaning here", node.span)
            return self.entry(
                self.value(node.base, env), tuple(self.index(k, env) for k in node.lower), node.span
            )
        if name.base in ("\\delta", "I", "\\mathbf{I}") and self.is_kronecker(name, env):
            a, b = (self.index(k, env) for k in name.lower)
            return scalar(delta(a, b))
        return self.name(name, env, node.span)

    def is_kronecker(self, name: Name, env: Env) -> bool:
        """delta_{ij} of two letters that count, where nothing else is said of delta."""
        if len(name.lower) != 2 or name.upper or name.base in self._stacks or name.base in self.scope.kinds:
            return False
        if name.base == "\\delta" and all(self.counts(k, env) for k in name.lower):
            if any(isinstance(k, page.Add | page.Mul) for k in name.lower):
                self.doubt(NotDefined("\\delta", "it was read as Kronecker's"))
            return True
        for k in name.lower:
            known = isinstance(k, page.Sym) and (
                env.letter(k.name) is not None or symbol_of(k.name).unprimed in _COUNTING
            )
            if not known and not isinstance(k, page.Num):
                return False
        return True

    def is_index(self, node: Node, env: Env) -> bool:
        """Does the name count: is it bound, declared so, or a size?"""
        if not isinstance(node, page.Sym):
            return False
        kind = self.scope.kind(node.name)
        declared = kind is not None and kind.role in ("index", "size")
        return declared or env.letter(node.name) is not None or node.name in self.survey.sizes

    def counts(self, node: Node, env: Env) -> bool:
        """Is this an index: letters, numbers, and their sums?"""
        match node:
            case page.Sym(name):
                return len(symbol_of(name).unprimed) == 1 or self.is_index(node, env)
            case page.Num():
                return True
            case page.Neg(arg):
                return self.counts(arg, env)
            case page.Add(terms) | page.Mul(terms):
                return all(self.counts(t, env) for t in terms)
        return False

    # -- products, quotients, powers ----------------------------------------------------------------

    def product(
        self, factors: tuple[Node, ...], dots: frozenset[int] | None, env: Env, span: Span | None
    ) -> Value:
        out = self.value(factors[0], env)
        for place, f in enumerate(factors[1:], 1):
            dot = dots is None or place in dots
            name = name_of(factors[place - 1])
            if not dot and isinstance(f, page.Num) and name is not None and not self.is_said(name.base):
                self.doubt(f"is {name}({f.value}) a value of the function?  write \\cdot for a product")
            if not dot and (factors[place - 1], f) in self.primed_at:
                self.doubt(f"{name} stands for a function and for a number here: write let {name}(..) = ..")
            out = self.sizes.product(out, self.value(f, env), f.span or span, dot)
        return out

    def quotient(self, num: Value, den: Value, span: Span | None) -> Value:
        alike = self.sizes.fit(num.shape, den.shape) or num.loose or den.loose
        if den.shape and not (num.shape and alike):
            raise ShapeError(CannotDivide(self.sizes.found(num.shape), self.sizes.found(den.shape)), span)
        return self.sizes.entrywise((num, den), div, "divide", span)

    def power(self, base: Node, exp: Node, env: Env, span: Span | None) -> Value:
        if (
            isinstance(base, page.Norm)
            and base.p in (None, page.Num(2), page.Sym("F"))
            and exp == page.Num(2)
        ):
            self.no_matrix_norm(v := self.value(base.arg, env), base.p, span)
            return scalar(self.squares(v))
        if base == page.Sym("e") and "e" not in env.params and self.is_euler():
            return self.of_entries("exp", self.value(exp, env), span)
        raised = self.raised_name(base, exp, env, span)
        if raised is not None:
            return raised
        self.no_upper_delta(base, exp, span)
        if isinstance(exp, page.Mul) and all(
            isinstance(k, page.Sym) and k.name in _TENSOR and not self.is_said(k.name) for k in exp.factors
        ):
            letters = " and ".join(map(page_short, exp.factors))
            self.doubt(f"are {letters} above indices, or is it a power?")
        b = self.value(base, env)
        if len(b.shape) == 1 and isinstance(exp, page.Sym) and not self.scope.kind(exp.name):
            return self.entry(b, (self.index(exp, env),), span)
        if b.shape:
            return self.matrix_power(b, exp, env, span)
        e = self.number(exp, env)
        return scalar(raise_to(b.term, e))

    def no_upper_delta(self, base: Node, exp: Node, span: Span | None) -> None:
        """delta_i^j and delta^{ij}, of which nothing else is said, are no powers of some delta."""
        name = name_of(base)
        if name is None or name.base != "\\delta" or self.find(name, Env()) or name.base in self.scope.kinds:
            return
        letters = (*name.indices, *(exp.factors if isinstance(exp, page.Mul) else (exp,)))
        if len(letters) == 2 and all(isinstance(k, page.Sym) for k in letters):
            raise UnknownMeaning(NotDefined("\\delta", "write \\delta_{ij} for Kronecker's"), span)

    def raised_name(self, base: Node, exp: Node, env: Env, span: Span | None) -> Value | None:
        """E^q where E^q is defined or declared with an upper index: no power."""
        name = name_of(page.Pow(base, exp)) or self.raised(base, exp)
        return None if name is None else self.name(name, env, span)

    def matrix_power(self, b: Value, exp: Node, env: Env, span: Span | None) -> Value:
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
        if 1 in (len(b.shape), *b.shape[:1]) or b.shape[0] == ONE:
            self.doubt("the power of a vector: write v^T v, or v \\odot v entry by entry")
            self.alternatives.add("squares")
            if self.reading.squares and exp == page.Num(2):
                return scalar(self.squares(b))
            e = self.number(exp, env)
            return each(lambda t: raise_to(t, e), b)
        if exp == page.Neg(page.Num(1)) and len(b.shape) == 2 and self.sizes.agree(b.shape[0], b.shape[1]):
            return self.inverse(b)
        raise UnknownMeaning("this power of a matrix has no meaning here", span)

    def inverse(self, b: Value) -> Value:
        """An inverse matrix, opaque: one name for one matrix, of which nothing more is known.

        It has the indices that the matrix has besides its own: the A_k^{-1} are as many as the A_k.
        """
        row, column = Sym("row", "index"), Sym("column", "index")
        entry = b.at((row, column))
        own: tuple[Core, ...] = (row, column)
        if isinstance(entry, Ref) and set(entry.indices[-2:]) == {row, column}:
            outer, own = entry.indices[:-2], entry.indices[-2:]
            of = entry.name + ("_{\\cdot}" if outer else "")
        else:
            free = (k for k in walk(entry) if self._stands_free(k, entry) and k not in own)
            outer = tuple(dict.fromkeys(free))
            of = canonical(entry, outer)
        name = InverseOf(of)
        self.inverses[name] = frozenset(t.name for t in walk(entry) if isinstance(t, Ref | Sym))
        self.doubt("of an inverse matrix only its name is known here")
        turned = own != (row, column)  # the inverse of A^T is that of A, transposed
        return Value(b.shape, lambda k: Ref(name, (*outer, *(reversed(k) if turned else k))))

    def _stands_free(self, k: Core, term: Core) -> bool:
        """Is it an index that no sum inside the term binds?"""
        bound = {s.index for s in walk(term) if isinstance(s, Sum)}
        return isinstance(k, Sym) and k.sort == "index" and k not in bound

    def squares(self, v: Value) -> Core:
        """The sum of the squares of all entries."""
        return self.summed(v, square)

    def summed(self, v: Value, fn: Callable[[Core], Core]) -> Core:
        """The sum of fn(entry) over all entries."""
        letters = tuple(ONE if size == ONE else self.sizes.index() for size in v.shape)
        out = fn(v.at(letters))
        for letter, size in zip(letters, v.shape, strict=True):
            if isinstance(letter, Sym):
                out = Sum(out, letter, ONE, size)
        return out

    def no_matrix_norm(self, v: Value, p: Node | None, span: Span | None) -> None:
        """The 2-norm of a matrix is its largest singular value."""
        if p == page.Num(2) and len(v.shape) == 2 and v.shape[0] != ONE:
            raise UnknownMeaning("the 2-norm of a matrix has no meaning here: \\|A\\|_F is Frobenius'", span)

    def norm(self, arg: Node, p: Node | None, env: Env, span: Span | None) -> Value:
        v = self.value(arg, env)
        self.no_matrix_norm(v, p, span)
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
            found = Generic(Cardinality(_words(condition.rhs)))
            condition = None
        else:
            second = _other_index(node)
            if second is not None and env.letter(second.name) is None and second.name not in self._alone:
                self.doubt(f"this sum was read over all pairs of different {letter} and {second.name}")
                return self.conditional(page.Sum(node, second, span=node.span), env)
            found = self.survey.ranges.over(letter, node.body)
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
        self.are_different(node)
        weight = self.truth(condition, inner)
        return self.collect(node, self.value(node.body, inner), k, lower, upper, weight)

    def are_different(self, node: page.BigOp) -> None:
        """Who sums over all j but i and k means two different ones, and leaves that unsaid."""
        match node.condition, node.body:
            case (
                page.Relation(_, "!=", page.Sym(i)),
                page.Mul((page.Indicator(page.Relation(own, "!=", page.Sym(k))), *_)),
            ) if own == node.index:
                said = [(r.lhs, r.rhs) for r in self.scope.assumptions if r.op == "!="]
                one, other = page.Sym(i), page.Sym(k)
                if (one, other) not in said and (other, one) not in said:
                    self.doubt(f"are {i} and {k} different here?  write assume {i} \\ne {k}")

    def must_be_bound(self, node: Node, env: Env) -> None:
        for s in page.walk(node):
            if isinstance(s, page.Sym) and s.name in self.survey.subscripts and env.letter(s.name) is None:
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
            numbers = (Num(lower.value + i) for i in range(int(upper.value - lower.value) + 1))
            return scalar(mul(*(exchange(term, k, number) for number in numbers)))
        if weight is None and lower == ONE and isinstance(upper, Sym) and not any(t == k for t in walk(term)):
            return scalar(raise_to(term, upper))
        if not range_of(term).positive:
            # Right where all factors are positive; ``readings`` looks whether they must be.
            self.alternatives.add("factors")
            if self.reading.factors:
                term = term if weight is None else _chosen(weight, term)
                return scalar(self.product_over(term, k, lower, upper))
            self.products[k] = (term, lower, upper)
        logs = log(term) if weight is None else mul(weight, log(term))
        return scalar(Call("exp", (Sum(logs, k, lower, upper),)))

    def product_over(self, body: Core, k: Sym, lower: Core, upper: Core) -> Core:
        """A product of which only its name is known: one for one body, whatever its indices are called."""
        self.doubt(AnySign())
        if any(map(self.is_filled_in_later, leaves(body))):
            raise UnknownMeaning(AnySign())
        bound = {k, *(t.index for t in walk(body) if isinstance(t, Sum))}
        whole = Sum(body, k, lower, upper)
        free = tuple(dict.fromkeys(t for t in walk(whole) if isinstance(t, Sym) and t not in bound))
        letters = tuple(t for t in free if t.sort != "real")
        pattern: Core = whole
        for place, letter in enumerate(letters):
            pattern = exchange(pattern, letter, Sym(f"@{place}", letter.sort))
        name = ProductOf(canonical(pattern))
        # 0 times the sum of the factors: the product is defined where they are.
        return add(refs(name, letters), mul(ZERO, whole))

    def is_filled_in_later(self, name: str) -> bool:
        """May the quantity, or one in whose name it stands, be replaced by what it was held for?"""
        match name:
            case Fresh() | ProductOf():
                return True
            case Indicated():
                return isinstance(name.of, Fresh)
            case InverseOf():
                return any(isinstance(k, Fresh) for k in self.inverses[name])
        return False

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
            if r.op in ("<=", ">="):
                return add(ONE, neg(Call("step", (add(a, neg(b)),))))
            return Call("step", (add(b, neg(a)),))
        raise UnknownMeaning("this condition has no meaning here", r.span)

    def equal(self, left: Node, right: Node, env: Env) -> Core:
        if left in self.survey.picked or right in self.survey.picked:
            return delta(self.index(left, env), self.index(right, env))
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
                name = Indicated(base)
                self.indicators[name] = base
                return Ref(name, (*indices, b.term))
        raise UnknownMeaning("this condition has no meaning here", left.span)

    def cases(self, branches: tuple[tuple[Node, page.Relation | None], ...], env: Env) -> Value:
        signs = _compared([condition for _, condition in branches])
        if not signs & {"", "=!", "<>"}:
            self.doubt(Elsewhere())
        values = [self.value(v, env) for v, _ in branches]
        weights: list[Core] = []
        rest: list[Core] = []
        for _, condition in branches:
            if condition is None:
                weights.append(mul(*rest))
            else:
                hit = self.truth(condition, env)
                weights.append(mul(*rest, hit))  # the first condition that holds counts
                rest.append(add(ONE, neg(hit)))
        first = branches[0][1]
        if "<>" in signs and not signs & {"=!", "<=>"} and first is not None:
            # At the point between the two nothing is defined.
            between = add(self.value(first.lhs, env).term, neg(self.value(first.rhs, env).term))
            values[0] = each(lambda t: add(t, mul(ZERO, div(ONE, between))), values[0])
        return self.sizes.entrywise(
            tuple(values),
            lambda *t: add(*(mul(w, x) for w, x in zip(weights, t, strict=True))),
            "choose",
            None,
        )

    # -- matrices and points -----------------------------------------------------------------------------

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
                PointOfShape(self.sizes.found(point.shape), self.sizes.found(v.shape)),
                at.span,
            )
        name = probe.name if isinstance(probe, Ref | Sym) else ""
        fixed = len(probe.indices) - len(v.shape) if isinstance(probe, Ref) else 0

        def put(t: Core) -> Core:
            self.no_products(t, at.span)
            return fill(settled(t), name, lambda k: point.at(k[fixed:]) if point.shape else point.term)

        if fixed:
            raise UnknownMeaning("a point for one of many: name the whole family", at.span)
        return Value(out.shape, lambda k: put(out.at(k)), gradient=out.gradient)


def _compared(conditions: list[page.Relation | None]) -> frozenset[str]:
    """How the cases share the line: "" by an otherwise; "<>", "<=>", "=!" by the signs between one pair."""
    if None in conditions:
        return frozenset({""})
    compared = {(r.lhs, r.rhs) for r in conditions if r is not None}
    signs = {sign for r in conditions if r is not None for sign in r.op}
    if len(compared) != 1:
        return frozenset()
    return frozenset(shared for shared in ("<>", "<=>", "=!") if signs >= set(shared))


def _other_index(node: Node) -> page.Sym | None:
    """j of ``\\sum_{i \\ne j}`` where both stand in the body."""
    match node:
        case page.Sum(body, page.Sym(i), condition=page.Relation(page.Sym(k), "!=", page.Sym(j) as other)):
            return other if i == k and {i, j} <= page.free_names(body) else None
    return None


def _alone(node: Node) -> frozenset[str]:
    """The free names of the node, but for the second letter of a sum over pairs."""
    found = frozenset({node.name} if isinstance(node, page.Sym) else ())
    found = found.union(*map(_alone, page.children(node)))
    if isinstance(node, page.BigOp):
        other = _other_index(node)
        found -= {node.index.name, other.name if other is not None else node.index.name}
    return found


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


def _chosen(weight: Core, term: Core) -> Core:
    """The term where the weight is 1, else 1."""
    return add(ONE, mul(weight, add(term, MINUS)))


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


__all__ = ["TWO", "Elaborator"]
