"""Names to values: indices, parameters, definitions unfolded, kinds, conventions.

A name is looked up in this order: a bound index, a parameter of the definition that is being
unfolded, a definition, a declared kind, the conventions of notation (bold is a vector, and so is
what stands under a transpose).  A definition that a derivative is taken by is *held*: it is not
unfolded, its entries are variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial

from ..core import Call, Core, Num, Ref, Sum, Sym
from ..errors import ScopeError, ShapeError, Span, UnknownMeaning
from ..names import Part
from ..page import tree as page
from ..page.indexed import Name, Place, is_sized, name_of
from ..page.matching import placed
from ..page.scope import Definition, Kind
from ..page.symbols import Symbol, symbol_of, unbold
from ..page.tree import Node
from ..reasons import IndexOnScalar, NotDefined, WrongIndices
from .indices import Env, Indices, delta, page_short
from .ranges import Generic, Range
from .survey import definition_order
from .tensors import MINUS, ONE, Shape, Value, add, gap, refs, scalar, tensor

DEPTH = 40
_UNITS = frozenset(["i", "j", "\\imath", "\\jmath", "\\mathrm{i}", "\\mathrm{j}"])
_WAVES = frozenset(["\\exp", "\\cos", "\\sin", "\\tan", "\\cosh", "\\sinh"])


class Names(Indices):
    """The lookups; ``value`` (terms of the page) is supplied by the class that stands on this one."""

    # -- names ------------------------------------------------------------------------------------

    def name(self, name: Name, env: Env, span: Span | None = None) -> Value:
        """The value of a name with its indices."""
        base = name.base
        if not name.indices:
            if base in env.params:
                return env.params[base]
            known = env.letter(base)
            if known is not None:
                return scalar(known)
        elif base in env.params:
            return self.entry(env.params[base], tuple(self.index(k, env) for k in name.indices), span)
        found = self.defined(name, env, span)
        if found is not None:
            return found
        return self.opaque(name, env, span)

    def entry(self, v: Value, indices: tuple[Core, ...], span: Span | None = None) -> Value:
        """Entries of a value: v_j of a vector, A_{jk} of a matrix, and its row A_j."""
        if not indices:
            return v
        if v.ref is not None:
            core, done = v.ref
            all_ = (*done, *indices)
            kind = self.scope.kind(core)
            if kind is not None and kind.shape and kind.role == "real" and len(all_) >= kind.arity:
                return self.family(core, all_, kind.arity, self.shape(kind, all_), span)
            return self.bare(core, all_)
        if len(v.shape) == 2 and v.shape[0] == ONE and len(indices) == 1:
            return scalar(v.at((ONE, *indices)))
        if len(indices) == len(v.shape):
            return scalar(v.at(indices))
        if len(indices) == 1 and len(v.shape) == 2:
            return tensor((ONE, v.shape[1]), lambda k: v.at((indices[0], k[1])))
        raise ShapeError(WrongIndices(len(indices), self.sizes.found(v.shape)), span)

    def bare(self, core: str, indices: tuple[Core, ...]) -> Value:
        """A scalar that may turn out to be a family: more indices may follow."""
        return Value((), lambda _: refs(core, indices), ref=(core, indices))

    def opaque(self, name: Name, env: Env, span: Span | None) -> Value:
        """A name without definition: declared, conventional, or a plain scalar."""
        kind, used = self.kind_of(name)
        core, written_indices = self.split(name)
        special = self.special(name, kind)
        if special is not None:
            rest = () if kind is None and self.names_size(name) else written_indices
            return self.entry(special, tuple(self.index(k, env) for k in rest), span)
        if kind is not None and kind.rests:
            return self.function(core, name, kind, env, span)
        if kind is not None and kind.role in ("size", "index"):
            return scalar(Sym(name.base, kind.role))
        if not name.indices and kind is None:
            constant = self.constant(name.base)
            if constant is not None:
                return constant
            value = self.standing_alone(name, env)
            if value is not None:
                return value
        indices = tuple(self.index(k, env) for k in written_indices)
        self.doubt_marks(name, kind)
        if kind is not None:
            shape = self.shape(kind, indices)
            row = None
            if len(shape) == 1 and used == 1:
                row = self.row_of_capital(name, indices[:1], env, span)
            if row is not None:
                return self.entry(row, indices[1:], span)
            return self.family(core, indices, used, shape, span)
        if not name.indices:
            if name.base in self.survey.sizes:
                return scalar(Sym(name.base, "size"))
            if name.base in self.survey.subscripts and not self.survey.is_label(page.Sym(name.base)):
                return scalar(Sym(name.base, "index"))
            meant = self.mean(name.base) or self.root(name.base, env, span)
            if meant is not None:
                return meant
            if name.base in _UNITS and self.turns(page.Sym(name.base)):
                real = f"let {name.base} \\in \\mathbb{{R}}"
                self.doubt(f"is {name.base} the imaginary unit?  For a real number write {real}")
        entry = self.entry_of_capital(name, indices, env, span)
        if entry is not None:
            return entry
        rank = self.conventional_rank(name)
        if rank:
            shape = tuple(self.inferred(name, core, len(indices) + k) for k in range(rank))
            row = self.row_of_capital(name, indices, env, span) if rank == 1 else None
            return row or self.family(core, indices, len(indices), shape, span)
        return self.liftable(name, core, indices)

    def root(self, base: str, env: Env, span: Span | None) -> Value | None:
        """sigma where only its square is defined; a^2 beside a^1 is a layer."""
        group = self._stacks.get(unbold(base), [])
        square = Name(base, (page.Num(2),), bracket="")
        if len(group) != 1 or (group[0].upper, group[0].lower, group[0].bracket) != (square.upper, (), ""):
            return None
        v = self.defined(square, env, span)
        if v is None or v.shape:
            return None
        self.doubt(f"only the square of {base} is defined here")
        self.assumed[f"{base} >= 0"] = None
        return scalar(Call("sqrt", (v.term,)))

    def mean(self, base: str) -> Value | None:
        """\\bar{x} of which nothing is said beside x_1, .., x_N: their mean, if the claim holds only so."""
        symbol = symbol_of(base)
        if symbol not in (Symbol(symbol.letter, ("\\bar",)), Symbol(symbol.letter, ("\\overline",))):
            return None
        x, i = symbol.letter, page.Sym("i")
        if len(x) != 1 or not x.isascii() or not x.isalpha():
            return None
        for upper in (0, 1):
            ends = self.survey.ranges.at(Place(x, (), upper, 0))
            if isinstance(ends, Range) and ends.lower == page.Num(1):
                one = f"{x}^{{(i)}}" if upper else f"{x}_i"
                self.doubt(NotDefined(base, f"is it the mean of the {one}?"))
                self.alternatives.add("means")
                if not self.reading.means:
                    return None
                entry = page.Indexed(page.Sym(x), () if upper else (i,), (i,) if upper else ())
                total = page.Sum(entry, i, ends.lower, ends.upper)
                self.assumed[f"{base} is the mean of the {x}_i"] = None
                return self.value(page.Frac(total, ends.upper), Env())
        return None

    def turns(self, letter: page.Sym) -> bool:
        """Is there a wave beside the letter, as in e^{i x} = cos x + i sin x, and no derivative by it?"""
        nodes = [n for root in self.nodes for n in page.walk(root)]
        by = [v for n in nodes if isinstance(n, page.Derivative) for v, _ in n.by]
        return letter not in by and any(
            (isinstance(n, page.Pow) and n.base == page.Sym("e"))
            or (isinstance(n, page.Call) and isinstance(n.fn, page.Sym) and n.fn.name in _WAVES)
            for n in nodes
        )

    def doubt_marks(self, name: Name, kind: Kind | None) -> None:
        """x_+ is a positive part, A^* and A^+ are matrices made of A, \\Delta_w may be an operator."""
        marks = {k.name for k in name.indices if isinstance(k, page.Sym)}
        matrix = kind is not None and len(kind.shape) == 2
        if marks & {"+", "-"} or (matrix and marks & {"*", "\\star", "\\dagger"}) or name.base == "\\Delta":
            self.doubt(NotDefined(str(name)))

    def liftable(self, name: Name, core: str, indices: tuple[Core, ...]) -> Value:
        """An undeclared scalar; beside y_k, also the vector of all y_k where a vector must stand."""
        v = self.bare(core, indices)
        used = self.survey.used_with.get(name.base, set())
        if name.lower or (len(name.upper), 1) not in used:
            return v
        if name.upper:
            forms = self.defined_forms()
            if (name.base, len(name.upper), 1) in forms and (name.base, len(name.upper), 0) not in forms:
                # The definitions write x^{(i)}_k: then x^{(i)} is the vector of them.
                return Value((self.inferred(name, core, len(indices)),), lambda k: Ref(core, (*indices, *k)))
            self.doubt(f"{name.base} stands with and without a lower index: declare let {name} \\in ..")
        size = self.inferred(name, core, len(indices))
        return replace(v, lift=Value((size,), lambda k: Ref(core, (*indices, *k)), loose=True))

    def defined_forms(self) -> frozenset[tuple[str, int, int]]:
        """The names in the definitions with the numbers of their indices."""
        if self._forms is None:
            names = (name_of(n) for d in self.survey.definitions for n in page.walk(d.body))
            self._forms = frozenset((n.base, len(n.upper), len(n.lower)) for n in names if n is not None)
        return self._forms

    def entry_of_capital(
        self, name: Name, indices: tuple[Core, ...], env: Env, span: Span | None
    ) -> Value | None:
        """x_{ij} beside a declared matrix X: its entry, where nothing else is said of x."""
        base = unbold(name.base)
        if len(base) != 1 or not base.islower() or name.upper or len(name.lower) < 2 or base in self._stacks:
            return None
        if base in self.survey.ranges.kinds or len(indices) < 2:
            return None
        for capital in (base.upper(), f"\\mathbf{{{base.upper()}}}"):
            whole = Name(capital, (), name.lower[:-2])
            if self.is_matrix(whole, env):
                self.doubt(f"{base} is not declared: its entries were read as those of {whole}")
                self.assumed[f"{base} denotes the entries of {whole}"] = None
                return self.entry(self.name(whole, env, span), indices[-2:], span)
        return None

    def row_of_capital(
        self, name: Name, indices: tuple[Core, ...], env: Env, span: Span | None
    ) -> Value | None:
        """x_i beside a data matrix X that nothing relates to it: one reading is its rows."""
        base = unbold(name.base)
        if len(base) != 1 or not base.islower() or len(indices) != 1 or base.upper() in self._stacks:
            return None
        if base.upper() not in self.mentioned():
            return None
        fonts = (base.upper(), f"\\mathbf{{{base.upper()}}}", f"\\boldsymbol{{{base.upper()}}}")
        declared = (k for k in fonts if self.scope.kind(k) is not None)
        capital = next((k for k in declared if self.is_matrix(Name(k), env)), None)
        if capital is None:
            return None
        self.alternatives.add("rows")
        self.doubt(f"{base} and {capital} are not related here: write let {capital}_i = {base}_i^T")
        if not self.reading.rows:
            return None
        self.assumed[f"the {base}_i are the rows of {capital}"] = None
        whole = self.name(Name(capital), env, span)
        return tensor(whole.shape[1:], lambda k: whole.at((indices[0], *k)))

    def mentioned(self) -> frozenset[str]:
        """The letters of the names on the page, and of those that they reach."""
        if self._mentioned is None:
            roots = (*self.nodes, *(d.body for d in self.survey.definitions))
            names = (name_of(n) for root in roots for n in page.walk(root))
            self._mentioned = frozenset(unbold(n.base) for n in names if n is not None)
        return self._mentioned

    def is_matrix(self, name: Name, env: Env) -> bool:
        kind = self.scope.kind(str(name))
        if kind is not None:
            return kind.role == "real" and len(kind.shape) == 2 and (bool(name.lower) or not kind.arity)
        return bool(name.lower) and self.find(name, env) is not None

    def family(
        self, core: str, indices: tuple[Core, ...], used: int, shape: Shape, span: Span | None
    ) -> Value:
        """Entries ``core_{used indices, entry}`` of the declared shape, further indices applied."""
        first, rest = indices[:used], indices[used:]
        if not shape:
            if rest:
                raise ShapeError(IndexOnScalar(core), span)
            return scalar(Ref(core, first) if first else Sym(core))
        v = tensor(shape, lambda k: Ref(core, (*first, *k)))
        return self.entry(v, rest, span)

    def kind_of(self, name: Name) -> tuple[Kind | None, int]:
        """The declared kind, and how many of the counting indices it consumes."""
        _, counting = self.split(name)
        exact = self.scope.kind(str(name))
        if exact is not None and (name.indices or not exact.arity):
            return exact, len(counting)
        kind = self.scope.kind(name.base)
        if name.upper and any(not d.upper for d in self.scope.definitions.get(name.base, ())):
            # W = W^{(2)}: what is said of W is not said of W^{(1)}.
            kind = None
        if kind is not None and len(counting) >= kind.arity:
            # x^{(i)} of a declared x is one of many such x.
            return kind, max(kind.arity, sum(not self.survey.is_label(k) for k in name.upper))
        if kind is None and counting:
            # w_j is an entry of the declared bold w.
            for other in self.survey.ranges.kinds.get(unbold(name.base), ()):
                if other.role == "real" and len(counting) == other.arity + len(other.shape):
                    return other, other.arity
        for d in self._aliases:
            target = name_of(d.body)
            if (
                target is not None
                and (target.base, target.upper) == (name.base, name.upper)
                and (target.lower == name.lower[: len(target.lower)])
            ):
                # W = W^{(2)} with W declared: so is W^{(2)}.
                return self.scope.kind(d.key), len(self.split(target)[1])
        implied = self.implied.get(name.base)
        if implied is not None and len(counting) >= implied.arity:
            return implied, implied.arity
        return None, 0

    def constant(self, base: str) -> Value | None:
        match base:
            case "e" if self.is_euler():
                return scalar(Call("exp", (ONE,)))
            case "\\pi":
                return scalar(Call("pi", ()))
            case "\\infty":
                raise UnknownMeaning("infinity is not a number")
        return None

    def standing_alone(self, name: Name, env: Env) -> Value | None:
        raise NotImplementedError

    def has_matrices(self) -> bool:
        """Are there vectors and matrices here, so that I is the identity and no current?"""
        declared = any(len(kind.shape) == 2 and kind.role == "real" for kind in self.scope.kinds.values())
        bold = (symbol_of(k).is_bold_vector for k in self.survey.bare)
        return declared or bool(self.survey.vectors - {"I"}) or any(bold)

    def is_euler(self) -> bool:
        """e is the base of exp unless it is declared or defined by itself; e_i is a name of its own."""
        return self.scope.kind("e") is None and all(
            d.upper or d.lower or d.params is not None for d in self._stacks.get("e", ())
        )

    def special(self, name: Name, kind: Kind | None) -> Value | None:
        """Ones, zeros and the identity matrix; ``\\mathbf{1}_n`` and ``I_n`` say their size."""
        letter = unbold(name.base)
        if letter not in ("0", "1", "I") or name.upper:
            return None
        bold = letter != name.base
        size: Core | None = None
        if name.lower:
            if kind is not None or not self.names_size(name):
                return None
            size = self.size(name.lower[0])
        if letter != "I":
            if not bold:
                return None
            number = Num(Fraction(int(letter)))
            shape = (size or self.unsized(name.base),) if kind is None else self.shape(kind)
            ones = tensor(shape, lambda _: number)
            return replace(ones, loose=kind is None and size is None and len(ones.shape) == 1)
        if kind is not None and len(kind.shape) == 2 and kind.shape[0] == kind.shape[1]:
            size = self.size(kind.shape[0])
        elif kind is None and (size is not None or bold or self.has_matrices()):
            size = size or self.unsized(name.base)
        else:
            if kind is None and name.base not in self.varied and name.base not in self.survey.based:
                self.doubt("I is not declared here: the identity matrix, or a number?")
            return None
        return tensor((size, size), lambda k: delta(k[0], k[1]))

    def names_size(self, name: Name) -> bool:
        """Is the index of I_n a size?"""
        letter = name.lower[0] if is_sized(name) else None
        return isinstance(letter, page.Num) or (
            isinstance(letter, page.Sym) and letter.name in self.survey.sizes
        )

    def unsized(self, base: str) -> Core:
        """The size of an identity or of a vector of ones that nothing declares."""
        size = self.sizes.unknown(base)
        self.unsaid.append((base, size))
        return size

    def conventional_rank(self, name: Name) -> int:
        """1 for what is written as a vector, 2 for a bold capital, 0 for anything else."""
        _, counting = self.split(name)
        symbol = symbol_of(name.base)
        if len(name.lower) and symbol.is_bold_matrix and len(counting) >= 2:
            return 0
        if symbol.is_bold_matrix:
            return 2 if not name.lower else 0
        lows = sum(not self.survey.is_label(k) for k in name.lower)
        uppers = len(counting) - lows
        if symbol.is_bold_vector:
            # \mathbf{w}_j beside \mathbf{w} is an entry; \mathbf{x}_i alone is one vector of many.
            if lows and name.base in self.survey.bare:
                return 0
            if lows:
                self.alternatives.add("entries")
            return 0 if lows and self.reading.entries else 1
        if not name.indices and self.is_matrix_letter(name.base):
            return 2
        if name.base in self.survey.vectors:
            if name.base in self.survey.placed and not name.indices:
                self.doubt(f"{name.base} is not declared here: it was read as a matrix that may be any")
                return 2
            if not lows and unbold(name.base).isupper():
                return 2
            used = self.survey.used_with.get(name.base, set())
            if lows > 1 and (uppers, lows - 1) in used:
                return 0  # x_{ij} beside x_i is its entry
            if (
                not counting
                or (uppers and not lows)
                or (uppers, lows + 1) in used
                or name.base not in self.survey.bare
            ):
                return 1
        return 0

    def is_matrix_letter(self, base: str) -> bool:
        """Is this a capital that stands elsewhere with two indices that count?"""
        return len(base) == 1 and base.isupper() and any(
            not any(map(self.survey.is_label, name.lower)) for name in self.survey.doubles.get(base, ())
        )

    def inferred(self, name: Name, core: str, position: int) -> Core:
        """The size of an undeclared dimension: how far sums run through it, or open."""
        key = (core, position)
        if key not in self._inferred:
            found = self.survey.ranges.at(name.place(position))
            if isinstance(found, Range) and found.lower == page.Num(1):
                self._inferred[key] = self.size(found.upper)
            else:
                size = self._inferred[key] = self.sizes.unknown(core)
                if isinstance(found, Generic) and found.used:
                    # A sum without ends through the places of a vector runs over all of them.
                    self.sizes.agree(self.sizes.generic(found.size), size)
        return self._inferred[key]

    # -- definitions --------------------------------------------------------------------------------

    def defined(self, name: Name, env: Env, span: Span | None) -> Value | None:
        """The value of the definition in force, if there is one for a name with these indices."""
        if name.base == "e" and not name.indices and self.is_euler():
            return None
        found = self.find(name, env)
        return None if found is None else self.use(*found, env, span)

    def find(
        self, name: Name, env: Env
    ) -> tuple[Definition, dict[str, Core], tuple[str, ...], tuple[Core, ...]] | None:
        """The definition in force for a name with these indices, and how they fit it."""
        group = self._stacks.get(unbold(name.base), [])
        own = [d for d in group if d.key == name.base]
        for candidates in (own, [d for d in group if d.key != name.base]):
            for d in definition_order(candidates):
                matched = self.match(d, name, env)
                if matched is None:
                    continue
                if self.is_active(d, matched[0], env):
                    if d.key == name.base and d.params is None and not matched[1] and not matched[2]:
                        raise ScopeError(f"the definition of {d.key} refers to itself")
                    continue
                if matched[2] and (self.lists(d, name) or not self.shape_of(d, matched[0], env)):
                    continue
                return (d, *matched)
        return None

    def lists(self, d: Definition, name: Name) -> bool:
        """Is the vector defined as the list of these very entries?  They keep their own numbers."""
        body = d.body.arg if isinstance(d.body, page.Transpose) else d.body
        return (d.key != name.base or isinstance(body, page.Matrix)) and any(
            (other := name_of(k)) is not None and other.base == name.base and other.indices
            for k in page.walk(d.body)
        )

    def is_active(self, d: Definition, places: Mapping[str, Core], env: Env) -> bool:
        """Inside its own unfolding a name is itself, unless it stands at another index."""
        indices = self.filled(d, places)
        return any(a is d and not _apart(indices, at) for a, at in env.active)

    def filled(self, d: Definition, places: Mapping[str, Core]) -> tuple[Core, ...]:
        """What the placeholders of the left side are."""
        return tuple(
            places[k.name] for k in (*d.upper, *d.lower) if isinstance(k, page.Sym) and k.name in places
        )

    def shape_of(self, d: Definition, places: dict[str, Core], env: Env) -> Shape:
        """The shape of a definition's value; () while that is being found out."""
        if id(d) in self._shaping:
            return ()
        self._shaping.add(id(d))
        try:
            inner = replace(
                env,
                held=(),
                places=env.within(d, places),
                params={},
                active=(*env.active, (d, self.filled(d, places))),
            )
            return self.value(d.body, inner).shape
        finally:
            self._shaping.discard(id(d))

    def match(
        self, d: Definition, name: Name, env: Env
    ) -> tuple[dict[str, Core], tuple[str, ...], tuple[Core, ...]] | None:
        """(placeholders, those that this use leaves open, indices that go into the value)."""
        bold = d.key != name.base
        if len(d.upper) != len(name.upper) and not bold:
            return None

        def agree(pattern: Node, entry: Node) -> bool | None:
            """Letters that count are placeholders."""
            if self.survey.is_label(pattern) or self.survey.is_label(entry):
                return pattern == entry
            if isinstance(pattern, page.Sym) and not (
                pattern.name in self.survey.sizes or self.constant_letter(pattern)
            ):
                return None
            return gap(self.index(entry, env), self.index(pattern, Env())) == 0

        found = placed(d, name.upper, name.lower, agree, lambda entry: self.index(entry, env))
        if found is None:
            return None
        letters = tuple(k.name for k in found.open if isinstance(k, page.Sym) and not self.survey.is_label(k))
        if len(letters) < len(found.open):
            return None
        extra = tuple(self.index(k, env) for k in found.extra)
        if bold and not (letters or extra):
            return None
        return {k.name: index for k, index in found.places.items() if isinstance(k, page.Sym)}, letters, extra

    def constant_letter(self, pattern: page.Sym) -> bool:
        """a^{(L)}: a capital that nothing declares or sums over is the last layer, not any one."""
        name = pattern.name
        return (
            name.isupper()
            and len(name) == 1
            and name not in self.survey.bound
            and self.scope.kind(name) is None
        )

    def use(
        self,
        d: Definition,
        places: dict[str, Core],
        missing: tuple[str, ...],
        extra: tuple[Core, ...],
        env: Env,
        span: Span | None,
    ) -> Value:
        """The body with its placeholders filled; open placeholders become dimensions."""
        if missing:
            base = Name(d.key, d.upper, d.lower)
            letters = [k.name if isinstance(k, page.Sym) else "" for k in base.indices]
            ends = [self.range_of(self.survey.ranges.at(base.place(letters.index(m))), env) for m in missing]
            shape = tuple(self.length(low, high) for low, high in ends)

            def at(k: tuple[Core, ...]) -> Value:
                # Dimensions count from 1, the placeholder from its own lower end.
                shifted = {
                    m: add(i, low, MINUS) if low != ONE else i
                    for m, i, (low, _) in zip(missing, k, ends, strict=False)
                }
                return self.unfold(d, {**places, **shifted}, {}, env, span)

            inner = at(tuple(self.sizes.index() for _ in missing))
            rows = inner.shape[1:] if len(inner.shape) == 2 and inner.shape[0] == ONE else inner.shape
            row = len(rows) != len(inner.shape)

            def entry(k: tuple[Core, ...]) -> Core:
                v = at(k[: len(missing)])
                return v.at((ONE, *k[len(missing) :]) if row else k[len(missing) :])

            stacked = tensor((*shape, *rows), entry)
            if len(stacked.shape) == 1:
                stacked = replace(stacked, loose=True)
            return self.entry(stacked, extra, span)
        return self.entry(self.unfold(d, places, {}, env, span), extra, span)

    def unfold(
        self,
        d: Definition,
        places: dict[str, Core],
        params: dict[str, Value],
        env: Env,
        span: Span | None = None,
    ) -> Value:
        """The body where its placeholders are ``places`` and its parameters ``params``."""
        indices = self.filled(d, places)
        if self._shaping:
            # Only a shape is asked for, and this one is declared.
            kind, _ = self.kind_of(Name(d.key, d.upper, d.lower, d.bracket))
            if kind is not None and kind.role == "real" and kind.shape:
                return self.shaped(d.key, indices, d, places, params, env)
        level = self.level(d, places)
        for held in env.held:
            if held.definition is not d or _apart(indices, held.indices):
                continue
            if level is not None and held.level is not None and gap(level, held.level) is None:
                raise UnknownMeaning(
                    f"which of these two levels of {d.key} is the higher one is not known", span
                )
            if self.same_args(tuple(params.values()), held.args):
                return self.shaped(held.name, indices, d, places, params, env)
        if level is not None and self.descents[id(d)].steps and self.below(level):
            return self.cut_off(d, indices, level, places, params, env)
        if len(env.active) > DEPTH or sum(d is a for a, _ in env.active) > 8:
            raise ScopeError(f"the definition of {d.key} refers to itself", span)
        inner = replace(env, places=env.within(d, places), params=params, active=(*env.active, (d, indices)))
        self.must_not_capture(d, inner, span)
        out = self.value(d.body, inner)
        kind = self.scope.kind(d.key)
        if out.shape and kind is not None and kind.role == "real" and not kind.arity and not indices:
            # \mathbf{1} = (1, .., 1)^T takes its length from its declaration.
            self.sizes.fit(out.shape, self.shape(kind))
        return out

    def must_not_capture(self, d: Definition, inner: Env, span: Span | None) -> None:
        """A dropped index is that of the place where the name is used; a parameter m of f is none."""
        if id(d) not in self._parameters:
            own = {s.name for k in (*d.upper, *d.lower) for s in page.walk(k) if isinstance(s, page.Sym)}
            self._parameters[id(d)] = frozenset(_parameters(d.body)) - own
        for name in sorted(self._parameters[id(d)]):
            if name not in inner.params and inner.letter(name) is not None:
                raise UnknownMeaning(f"{name} is bound here and a parameter in {d.key}: rename one", span)

    def level(self, d: Definition, places: Mapping[str, Core]) -> Core | None:
        """The level of a quantity that is defined level by level."""
        descent = self.descents.get(id(d))
        letter = None if descent is None else (*d.upper, *d.lower)[descent.position]
        return places.get(letter.name) if isinstance(letter, page.Sym) else None

    def levels(self) -> list[Core]:
        """The levels that the claim mentions, of every quantity that is defined by levels."""
        if self._levels is None:
            stepped = [d for d in self.survey.definitions if id(d) in self.descents]
            keys = {(unbold(d.key), len(d.upper), self.descents[id(d)].position) for d in stepped}
            roots = [*self.nodes, *(d.body for d in self.survey.definitions if id(d) not in self.descents)]
            found: dict[Core, None] = {}
            for node in (n for root in roots for n in page.walk(root)):
                name = name_of(node)
                for base, uppers, position in keys if name is not None else ():
                    assert name is not None
                    if (
                        unbold(name.base) == base
                        and len(name.upper) == uppers
                        and position < len(name.indices)
                    ):
                        index = name.indices[position]
                        if not self.survey.is_label(index):
                            found[self.index(index, Env())] = None
            self._levels = list(found)
        return self._levels

    def below(self, level: Core) -> bool:
        """Is this level under every comparable one that the claim mentions?"""
        gaps = [g for m in self.levels() if (g := gap(level, m)) is not None]
        if not gaps:
            raise UnknownMeaning("a quantity defined level by level stands under a sum over its levels")
        return max(gaps) < 0

    def cut_off(
        self, d: Definition, indices: tuple[Core, ...], level: Core, places: dict[str, Core],
        params: dict[str, Value], env: Env,
    ) -> Value:
        """The quantity at which unfolding stops: an unknown function of what the claim differentiates by."""
        name = f"{unbold(d.key)}^{{()}}" if d.upper else unbold(d.key)
        reached = self.reached_by(d)
        named = ((v, name_of(v)) for v in self.variables())
        free = reached - self._stacks.keys()
        rests = tuple(v for v, n in named if n is not None and unbold(n.base) in free and not n.upper)
        self.cut[name] = (d, level)
        shape = self.shaped(name, indices, d, places, params, env).shape
        if not rests:
            return self.shaped(name, indices, d, places, params, env)
        said = ", ".join(map(page_short, rests))
        self.doubt(f"{d.key} depends on {said} through lower levels")
        args = tuple(self.rest(v, replace(env, places={}, bound={})) for v in rests)
        return tensor(shape, lambda k: self.apply(name, (*indices, *k), args, None))

    def variables(self) -> tuple[Node, ...]:
        """What the claim differentiates by."""
        found: dict[Node, None] = {}
        for root in (*self.nodes, *(d.body for d in self.survey.definitions)):
            for n in page.walk(root):
                by = [v for v, _ in n.by] if isinstance(n, page.Derivative) else []
                if isinstance(n, page.Gradient) and n.wrt is not None:
                    by.append(n.wrt)
                found |= dict.fromkeys((*by, *self.scope.nabla))
        return tuple(found)

    def reached_by(self, d: Definition) -> frozenset[str]:
        raise NotImplementedError

    def same_args(self, given: tuple[Value, ...], held: tuple[Value, ...]) -> bool:
        if not held:
            return True
        probes = [tuple(self.sizes.index() for _ in v.shape) for v in held]
        return len(given) == len(held) and all(
            a.shape == b.shape and a.at(k) == b.at(k) for a, b, k in zip(given, held, probes, strict=True)
        )

    def shaped(
        self,
        name: str,
        indices: tuple[Core, ...],
        d: Definition,
        places: dict[str, Core],
        params: dict[str, Value],
        env: Env,
    ) -> Value:
        """Entries of an opaque name with the shape of a definition."""
        own = Name(d.key, d.upper, d.lower, d.bracket)
        kind, used = self.kind_of(own)
        shape: Shape = ()
        if kind is not None and kind.role == "real":
            shape = self.shape(kind, indices)[len(self.split(own)[1]) - used :]
        else:
            shape = self.shape_of(d, places, replace(env, params=params))
        if not shape:
            return scalar(Ref(name, indices) if indices else Sym(name))
        return tensor(shape, lambda k: Ref(name, (*indices, *k)))

    def function(self, core: str, name: Name, kind: Kind, env: Env, span: Span | None) -> Value:
        """A quantity that depends on others in a way that nobody wrote down."""
        _, written_indices = self.split(name)
        indices = tuple(self.index(k, env) for k in written_indices)
        shape = self.shape(kind, indices)
        first, rest = indices[: kind.arity], indices[kind.arity :]
        for held in env.held:
            if held.definition is kind and not _apart(indices, held.indices):
                return self.entry(tensor(shape, partial(_entry_of, held.name, first)), rest, span)
        if name.base in self.implied:
            said = ", ".join(map(page_short, kind.rests))
            self.doubt(NotDefined(name.base))
            self.assumed[f"{name.base} depends on {said} only"] = None
        args = self.rests(kind, indices, env)
        v = tensor(shape, lambda k: self.apply(core, (*first, *k), args, span))
        return self.entry(v, rest, span)

    def rests(self, kind: Kind, indices: tuple[Core, ...], env: Env) -> tuple[Value, ...]:
        """What an opaque quantity with these indices depends on."""
        if any(kind is k for k in self.implied.values()):
            # Read off the page, not written by the author: every letter means the whole family.
            env = replace(env, bound={}, places={})
        own = self.own_letters(indices, env)
        return tuple(self.rest(r, own) for r in kind.rests)

    def rest(self, node: Node, env: Env) -> Value:
        """What an opaque quantity depends on; z_j without its j bound means all of z."""
        name = name_of(node)
        letters = [
            (position, k.name)
            for position, k in enumerate(name.indices if name is not None else ())
            if isinstance(k, page.Sym)
            and env.letter(k.name) is None
            and not self.survey.is_label(k)
            and k.name not in self.survey.sizes
            and not self.constant_letter(k)
        ]
        if name is None or not letters or len(letters) > 2:
            return self.value(node, env)
        ends = [self.range_of(self.survey.ranges.at(name.place(p)), env) for p, _ in letters]

        def at(k: tuple[Core, ...]) -> Core:
            inner = env
            for (_, letter), index, (lower, _) in zip(letters, k, ends, strict=True):
                inner = inner.bind(letter, index if lower == ONE else add(index, lower, MINUS))
            v = self.value(node, inner)
            if v.shape:
                raise UnknownMeaning("a dependence on many vectors", node.span)
            return v.term

        return Value(tuple(self.length(low, high) for low, high in ends), at)

    def apply(self, core: str, indices: tuple[Core, ...], args: tuple[Value, ...], span: Span | None) -> Core:
        """An undefined function at scalars and vectors.

        A function of a vector v is written as a function of sum_k phi_k(v_k), whose value and
        gradient at a point are arbitrary: enough for first derivatives.  P(x) and P(x, y) are two functions.
        """
        form = (len(indices), len(args))
        if self.forms.setdefault(core, form) != form:
            self.doubt(f"{core} is applied to different numbers of arguments, and not defined here")
            core = f"{core}[{','.join(map(str, form))}]"
        terms: list[Core] = []
        for position, v in enumerate(args):
            if not v.shape:
                terms.append(v.term)
                continue
            part = Part(core, position + 1)
            self.of_vectors |= {core, part}
            letters = tuple(self.sizes.index() for _ in v.shape)
            inside: Core = Call(part, (*letters, v.at(letters)))
            for letter, size in zip(letters, v.shape, strict=True):
                inside = Sum(inside, letter, ONE, size)
            terms.append(inside)
        return Call(core, (*indices, *terms))


def _parameters(node: Node) -> Iterator[str]:
    """The letters that stand by themselves in the node, as quantities and not as indices."""
    match node:
        case page.Sym(name):
            yield name
        case page.Indexed() | page.Indicator():
            return
        case page.BigOp():
            yield from (name for name in _parameters(node.body) if name != node.index.name)
        case page.Component(arg, _):
            yield from _parameters(arg)
        case page.Call(fn, args):
            for k in args if isinstance(fn, page.Sym) else (fn, *args):
                yield from _parameters(k)
        case page.Relation():
            return
        case _:
            for k in page.children(node):
                yield from _parameters(k)


def _entry_of(name: str, first: tuple[Core, ...], rest: tuple[Core, ...]) -> Core:
    return refs(name, (*first, *rest))


def _apart(a: tuple[Core, ...], b: tuple[Core, ...]) -> bool:
    """Are the index vectors surely different (t and t-1)?"""
    return len(a) != len(b) or any(gap(x, y) not in (None, 0) for x, y in zip(a, b, strict=True))
