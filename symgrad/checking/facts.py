"""Facts: what is in force at a place of a document, and where it was said.

What the author declares in a directive binds; what the text says in passing ("where $w \\in \\mathbb{R}^d$",
an equation taken as a definition) binds near the place where it is said and where it is spoken of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..documents.displays import Side
from ..documents.model import Document
from ..documents.sides import read_side
from ..errors import SymgradError
from ..latex import read_macro_definitions
from ..latex.tokens import separated
from ..meaning.directives import read_directive, read_directives
from ..meaning.recursive_definitions import descents
from ..page.matching import placed
from ..page.scope import Definition, Scope
from ..page.symbols import symbol_of, unbold
from ..page.tree import Call, Indexed, Node, Num, Pow, Relation
from ..patterns import Pattern
from . import conventions, queries
from .conditions import supposed

FAR = 3  # headings after which a letter may well mean something else
MAX_REGION = 200_000
_LETTER = r"\{?\s*(\\[A-Za-z]+\s*\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z])"
_BY = Pattern(  # d/dw, \partial/\partial w, \partial_w, \nabla_w, f'(w)
    rf"(?:[}}\dd]\s*\{{\s*|/\s*\(?\s*)(?:\\partial|\\mathrm\s*\{{?d\}}?|d)\s*{_LETTER}"
    rf"|\\(?:nabla|partial)\s*_\s*{_LETTER}|'\s*(?:\\left)?\(\s*{_LETTER}\s*(?:\\right)?\)"
)
_SPACE = r"\s*(?:\\forall\s*)?(?P<names>[^=<>]+?)\s*\\in\s*(?P<set>.+?)[\s.,;]*"


@dataclass(frozen=True, slots=True)
class Untaken:
    """An equation of the text that says what a name is, and that is not in force."""

    directive: str
    line: int
    headings: int
    here: bool  # perhaps so only where it is said


@dataclass(frozen=True, slots=True)
class _Stated:
    """An equation that the text states: the quantities in it, the directive, and what it gives a value."""

    about: frozenset[str]
    line: str
    headings: int
    name: str | None


class Facts:
    """The scope, with the origin of everything in it."""

    def __init__(self, document: Document) -> None:
        self.scope = Scope()
        self.headings = 0
        self.sources: dict[str, tuple[int, int]] = {}  # definitions from the text: name -> line, headings
        self.kinds: dict[str, int] = {}  # kinds from the text: name -> headings
        self.hypotheses: set[Relation] = set()  # from the text
        self.stated: list[_Stated] = []
        self.untaken: dict[str, list[Untaken]] = {}  # by name
        self.declared: set[str] = set()  # names of which a directive speaks
        self.definitions = 0
        self.uses = _uses(document)
        self.varied = _varied(document)
        prose = "\n".join(part.text for part in document.parts)
        self.shares = conventions.SHARES.pattern.search(prose) is not None
        self.positive = conventions.positive(prose)

    def macro(self, body: str) -> None:
        for command, macro in read_macro_definitions(body).items():
            self.scope = self.scope.with_macro(command, macro)

    def directives(self, lines: list[str]) -> None:
        """Lines of the author, all or (an error) none of them."""
        scope = read_directives(lines, self.scope)
        self.declared |= {n for n, kind in scope.kinds.items() if kind != self.scope.kinds.get(n)}
        for name, definitions in scope.definitions.items():
            if definitions != self.scope.definitions.get(name):
                self.declared |= {name} | {n for d in definitions for n in queries.quantities(d.body)}
                self.sources.pop(name, None)
        self.scope = scope

    def supposed(self, body: str, before: str, behind: str) -> None:
        """``Let $s > 0$``, ``$s$ is a positive number``: a hypothesis, in place of an earlier one about s."""
        for line in supposed(body, before, behind):
            try:
                scope = read_directive(f"assume {line}", self.scope)
            except (SymgradError, RecursionError):
                continue
            new = scope.assumptions[len(self.scope.assumptions) :]
            kept = tuple(
                r for r in self.scope.assumptions
                if r not in self.hypotheses or not any(_instead(n, r) for n in new)
            )
            self.hypotheses |= set(new)
            self.scope = replace(scope, assumptions=(*kept, *new))

    def properties(self, body: str, before: str, behind: str) -> None:
        """``a symmetric matrix $A$``, ``$u$ is a unit vector``, ``the $p_k$ sum to one``: hypotheses."""
        for line in conventions.properties(body, before, behind):
            try:
                scope = read_directive(f"assume {line}", self.scope)
            except (SymgradError, RecursionError):
                continue
            self.hypotheses |= set(scope.assumptions[len(self.scope.assumptions) :])
            self.scope = scope

    def kind(self, body: str) -> None:
        """``X \\in \\mathbb{R}^{m \\times n}`` in the text: a kind, where it can be read as one."""
        m = re.fullmatch(_SPACE, body, re.DOTALL)
        if m is None or len(body) > 300 or "\\text" in body:
            return
        space = re.sub(r"\\(?:mathbf|mathcal|mathds|Bbb|mathrm|rm)\s*\{?R\}?", r"\\mathbb{R}", m.group("set"))
        space = re.sub(r"^\\(?:R|Re|reals|RR)(?![A-Za-z])", r"\\mathbb{R}", space)
        values = re.fullmatch(r"\\\{\s*[-\d]+\s*(?:,\s*[-+\d]+\s*)+\\\}", space)
        if not values and "\\mathbb{R}" not in space and "dots" not in space:
            return
        for name in separated(m.group("names")):
            line = f"{'assume' if values else 'let'} {name.strip()} \\in {space}"
            try:
                scope = read_directive(line, self.scope)
            except (SymgradError, RecursionError):
                continue
            self.hypotheses |= set(scope.assumptions[len(self.scope.assumptions) :])
            for key, kind in scope.kinds.items():
                if kind != self.scope.kinds.get(key):
                    self.kinds[key] = self.headings
            if not values:  # "now let $y_i \\in \\mathbb{R}$": no longer in {0, 1}
                about = read_side(Side(0, 0, name.strip()), scope).node
                kept = tuple(
                    r for r in scope.assumptions if r.op != "in" or r.lhs != about or r not in self.hypotheses
                )
                scope = replace(scope, assumptions=kept)
            self.scope = scope

    def define(self, lhs: Side, rhs: Side, line: int) -> bool:
        """Take ``lhs = rhs`` as a definition from here on; False where it cannot be one."""
        try:
            scope = read_directive(f"let {lhs.text.strip()} = {rhs.text.strip()}", self.scope)
        except (SymgradError, RecursionError):
            return False
        node, body = read_side(lhs, scope).node, read_side(rhs, self.scope).node
        name = None if node is None else queries.base(node)
        if name is not None and body is not None and name in queries.inside(body, self.scope):
            every = [d for group in scope.definitions.values() for d in group]
            new = next(iter(scope.definitions.get(name, ())), None)
            if new is None or id(new) not in descents(every):
                return False  # a = f(b) and b = g(a): the same equation twice
        self.scope = scope
        if name is not None:
            self.sources[name] = (line, self.headings)
            self.untaken.pop(name, None)
        self.definitions += 1
        return True

    def leave(self, lhs: Side, rhs: Side, name: str, line: int, here: bool) -> None:
        """An equation that says what the name is and that is not taken as a definition."""
        left = Untaken(f"let {lhs.text.strip()} = {rhs.text.strip()}", line, self.headings, here)
        self.untaken.setdefault(name, []).append(left)

    def left(self, names: Iterable[str]) -> list[tuple[str, Untaken]]:
        """What was said of these names and is not in force, the latest first."""
        found = [(n, u) for n in names for u in self.untaken.get(n, ()) if self.headings - u.headings < FAR]
        return sorted(found, key=lambda pair: (-pair[1].line, pair[0]))

    def state(self, lhs: Side, rhs: Side, about: frozenset[str], name: str | None) -> None:
        """An equation of the text that is no claim: said about its quantities in this section; ``name`` is
        what it gives a value."""
        line = f"assume {lhs.text.strip()} = {rhs.text.strip()}"
        self.stated.append(_Stated(about, line, self.headings, name))

    def under_what_is_stated(
        self, names: frozenset[str], scope: Scope, free: frozenset[str] = frozenset()
    ) -> Scope | None:
        """The scope with what this section states about these names, without values of the ``free`` ones;
        None where it states nothing."""
        here = [s for s in self.stated if s.about & names and s.headings == self.headings]
        found = scope
        for line in [s.line for s in here if s.name not in free][-4:]:
            try:
                found = read_directive(line, found)
            except (SymgradError, RecursionError):
                continue
        return None if found is scope else found

    def relevant(self, scope: Scope, names: frozenset[str]) -> Scope:
        """The scope without hypotheses from the text about what is not spoken of."""
        if not self.hypotheses:
            return scope

        def spoken_of(r: Relation) -> bool:
            about = queries.quantities(r.lhs)
            return not about or not about.isdisjoint(names)

        kept = tuple(a for a in scope.assumptions if a not in self.hypotheses or spoken_of(a))
        return replace(scope, assumptions=kept)

    def far(self, names: Iterable[str]) -> set[str]:
        """Those of the names whose definition stands in another section of the text."""
        return {n for n in names if n in self.sources and self.sources[n][1] != self.headings}

    def doubtful(self, names: Iterable[str]) -> list[str]:
        """Those that are far and defined more than once, or very far."""
        return sorted(
            n for n in self.far(names) if self.uses[n] > 1 or self.headings - self.sources[n][1] >= FAR
        )

    def passing(self, names: Iterable[str]) -> tuple[set[str], set[str]]:
        """Names (in any font) whose kind or definition is from the text; those from another section."""
        plain = {unbold(n) for n in names}
        used = {n for n in (*self.kinds, *self.sources) if unbold(n) in plain}
        spoken = {n for n in used if n in self.kinds}
        elsewhere = self.far(used) | {n for n in spoken if self.kinds[n] != self.headings}
        return spoken | elsewhere, elsewhere

    def gives_shape(self, leaf: queries.Leaf) -> bool:
        """Does this section say what shape a name has, or does it look like a scalar?"""
        name = leaf.whole
        if any(unbold(n) == unbold(name) for n, where in self.kinds.items() if where == self.headings):
            return True
        symbol = symbol_of(name)
        capital = symbol.initial.isupper() and not symbol.is_command and not symbol.marks
        return unbold(name) == name and not capital and not leaf.indexed

    def results(self, scope: Scope) -> frozenset[str]:
        """Names that the text defines and by which it differentiates: ends of a derivation.

        ``p = s/n`` is the result of a derivation by p, in which p is free; ``z = w x + b``, in a document
        that differentiates by w, is a step on the way.
        """
        found = set()
        for name in self.sources:
            if unbold(name) in self.varied and name in scope.definitions:
                bodies = [d.body for d in scope.definitions[name]]
                spoken = {unbold(n) for body in bodies for n in queries.inside(body, scope)}
                if {n.lower() for n in spoken}.isdisjoint(n.lower() for n in self.varied):
                    found.add(name)
        return frozenset(found)

    def defines(self, name: str, node: Node) -> bool:
        """Is this very quantity defined, and not only one that shares its letter?"""
        return any(_same_form(d, node) for d in self.scope.definitions.get(name, ()))


def without(scope: Scope, names: set[str]) -> Scope:
    """The scope as if nothing had been said about the names."""
    kinds = {k: v for k, v in scope.kinds.items() if k not in names}
    return replace(without_definitions(scope, names), kinds=kinds)


def without_definitions(scope: Scope, names: Iterable[str]) -> Scope:
    """The scope in which the names, of whatever kind they are, stand for themselves."""
    out = {k: v for k, v in scope.definitions.items() if k not in names}
    return replace(scope, definitions=out)


def _same_form(definition: Definition, node: Node) -> bool:
    called = isinstance(node, Call)
    head = node.fn if isinstance(node, Call) else node
    power = (head.exp,) if isinstance(head, Pow) else ()
    head = head.base if isinstance(head, Pow) else head
    lower, upper = (head.lower, (*head.upper, *power)) if isinstance(head, Indexed) else ((), power)

    def agree(pattern: Node, entry: Node) -> bool | None:
        fixed = any(isinstance(k, Num) or queries.label((k,), ()) for k in (pattern, entry))
        return pattern == entry if fixed else None

    found = placed(definition, upper, lower, agree, lambda entry: entry)
    whole = found is not None and not found.open and not found.extra
    return whole and (definition.params is not None or not called)


def _uses(document: Document) -> Counter[str]:
    """How often a name stands alone on the left of a first relation sign: how often it may be defined."""
    out: Counter[str] = Counter()
    for region in document.formulas:
        if len(region.body) < MAX_REGION:
            for chain in region.chains:
                if chain.links:
                    out[re.split(r"[_(^]", "".join(chain.links[0].lhs.text.split()))[0]] += 1
    return out


def _varied(document: Document) -> frozenset[str]:
    """The letters by which the document differentiates."""
    bodies = (r.body for r in document.formulas)
    found = (m for body in bodies if len(body) < MAX_REGION for m in _BY.finditer(body))
    return frozenset(unbold("".join(next(filter(None, m.groups())).split())) for m in found)


def _instead(new: Relation, old: Relation) -> bool:
    """Do both bound one thing from the same side, or from both by the same?"""
    return new.lhs == old.lhs and (new.op[0] == old.op[0] or new.rhs == old.rhs)
