"""Facts: what is in force at a place of a document, and where it was said.

What the author declares in a directive binds; what the text says in passing ("where $w \\in \\mathbb{R}^d$",
an equation taken as a definition) binds near the place where it is said and where it is spoken of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

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
_SPACE = Pattern(r"\s*(?:\\forall\s*)?(?P<names>[^=<>]+?)\s*\\in\s*(?P<set>.+?)[\s.,;]*", re.DOTALL)
_REALS = Pattern(
    r"\\(?:mathbf|mathcal|mathds|Bbb|mathrm|rm)\s*\{?R\}?|^\\(?:R|Re|reals|RR)(?![A-Za-z])"
)
_VALUES = Pattern(r"\\\{\s*[-\d]+\s*(?:,\s*[-+\d]+\s*)+\\\}")


class Origin(NamedTuple):
    """Where the text says something: its line and its section, the headings before it."""

    line: int
    section: int


@dataclass(frozen=True, slots=True)
class Untaken:
    """An equation of the text that says what a name is, and that is not in force."""

    directive: str
    at: Origin
    here: bool  # perhaps so only where it is said


@dataclass(frozen=True, slots=True)
class _Stated:
    """An equation that the text states: the quantities in it, the directive, and what it gives a value."""

    about: frozenset[str]
    directive: str
    section: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Throughout:
    """What a document says by the whole of its text."""

    uses: Counter[str]  # how often a name may be defined
    varied: frozenset[str]  # the letters by which it differentiates
    shares: bool  # it speaks of labels or chances that sum to one
    positive: frozenset[str]  # what is positive by its nature


def throughout(document: Document) -> Throughout:
    prose = "\n".join(part.text for part in document.parts)
    shares = conventions.SHARES.pattern.search(prose) is not None
    return Throughout(_uses(document), _varied(document), shares, conventions.positive(prose))


@dataclass(frozen=True, slots=True)
class Facts:
    """The scope at a place of a document, with the origin of everything in it.

    A value: what the text goes on to say gives other facts, by the methods ``with_..``.
    """

    throughout: Throughout
    scope: Scope = field(default_factory=Scope)
    section: int = 0
    solving: bool = False  # an equation to be solved is in force
    sources: Mapping[str, Origin] = field(default_factory=dict)  # of definitions from the text
    kinds: Mapping[str, int] = field(default_factory=dict)  # the sections of kinds from the text
    hypotheses: frozenset[Relation] = frozenset()  # from the text
    stated: tuple[_Stated, ...] = ()
    untaken: Mapping[str, tuple[Untaken, ...]] = field(default_factory=dict)  # by name
    declared: frozenset[str] = frozenset()  # names of which a directive speaks
    definitions: int = 0

    def with_heading(self) -> Facts:
        return replace(self, section=self.section + 1, solving=False)

    def with_macro(self, body: str) -> Facts:
        scope = self.scope
        for command, macro in read_macro_definitions(body).items():
            scope = scope.with_macro(command, macro)
        return replace(self, scope=scope)

    def with_directives(self, lines: Iterable[str]) -> Facts:
        """Lines of the author, all or (an error) none of them."""
        scope = read_directives(list(lines), self.scope)
        declared = {n for n, kind in scope.kinds.items() if kind != self.scope.kinds.get(n)}
        anew = {n for n, found in scope.definitions.items() if found != self.scope.definitions.get(n)}
        declared |= anew | {n for k in anew for d in scope.definitions[k] for n in queries.quantities(d.body)}
        sources = {n: at for n, at in self.sources.items() if n not in anew}
        return replace(self, scope=scope, sources=sources, declared=self.declared | declared)

    def with_suppositions(self, body: str, before: str, behind: str) -> Facts:
        """``Let $s > 0$``, ``$s$ is a positive number``: a hypothesis, in place of an earlier one about s."""
        facts = self
        for line in supposed(body, before, behind):
            scope = _read(f"assume {line}", facts.scope)
            if scope is None:
                continue
            new = scope.assumptions[len(facts.scope.assumptions) :]
            kept = tuple(
                r for r in facts.scope.assumptions
                if r not in facts.hypotheses or not any(_instead(n, r) for n in new)
            )
            hypotheses = facts.hypotheses | set(new)
            facts = replace(facts, scope=replace(scope, assumptions=(*kept, *new)), hypotheses=hypotheses)
        return facts

    def with_properties(self, body: str, before: str, behind: str) -> Facts:
        """``a symmetric matrix $A$``, ``$u$ is a unit vector``, ``the $p_k$ sum to one``: hypotheses."""
        facts = self
        for line in conventions.properties(body, before, behind):
            scope = _read(f"assume {line}", facts.scope)
            if scope is not None:
                facts = replace(facts, scope=scope, hypotheses=facts.hypotheses | facts._new(scope))
        return facts

    def with_kind(self, body: str) -> Facts:
        """``X \\in \\mathbb{R}^{m \\times n}`` in the text: a kind, where it can be read as one."""
        m = _SPACE.fullmatch(body)
        if m is None or len(body) > 300 or "\\text" in body:
            return self
        space = _REALS.sub(r"\\mathbb{R}", m["set"])
        values = _VALUES.fullmatch(space)
        if not values and "\\mathbb{R}" not in space and "dots" not in space:
            return self
        facts = self
        for name in separated(m["names"]):
            scope = _read(f"{'assume' if values else 'let'} {name.strip()} \\in {space}", facts.scope)
            if scope is None:
                continue
            kinds = {key for key, kind in scope.kinds.items() if kind != facts.scope.kinds.get(key)}
            hypotheses = facts.hypotheses | facts._new(scope)
            if not values:  # "now let $y_i \\in \\mathbb{R}$": no longer in {0, 1}
                about = read_side(Side(0, 0, name.strip()), scope).node
                kept = tuple(
                    r for r in scope.assumptions if r.op != "in" or r.lhs != about or r not in hypotheses
                )
                scope = replace(scope, assumptions=kept)
            kinds_at = {**facts.kinds, **dict.fromkeys(kinds, facts.section)}
            facts = replace(facts, scope=scope, hypotheses=hypotheses, kinds=kinds_at)
        return facts

    def _new(self, scope: Scope) -> frozenset[Relation]:
        return frozenset(scope.assumptions[len(self.scope.assumptions) :])

    def with_definition(self, lhs: Side, rhs: Side, line: int) -> Facts | None:
        """``lhs = rhs`` is a definition from here on; None where it cannot be one."""
        scope = _read(f"let {lhs.text.strip()} = {rhs.text.strip()}", self.scope)
        if scope is None:
            return None
        node, body = read_side(lhs, scope).node, read_side(rhs, self.scope).node
        name = None if node is None else queries.base(node)
        if name is not None and body is not None and name in queries.inside(body, self.scope):
            every = [d for group in scope.definitions.values() for d in group]
            new = next(iter(scope.definitions.get(name, ())), None)
            if new is None or id(new) not in descents(every):
                return None  # a = f(b) and b = g(a): the same equation twice
        facts = replace(self, scope=scope, definitions=self.definitions + 1)
        if name is None:
            return facts
        sources = {**self.sources, name: Origin(line, self.section)}
        untaken = {n: left for n, left in self.untaken.items() if n != name}
        return replace(facts, sources=sources, untaken=untaken)

    def with_untaken(self, lhs: Side, rhs: Side, name: str, line: int, here: bool) -> Facts:
        """An equation says what the name is and is not taken as a definition."""
        directive = f"let {lhs.text.strip()} = {rhs.text.strip()}"
        left = Untaken(directive, Origin(line, self.section), here)
        return replace(self, untaken={**self.untaken, name: (*self.untaken.get(name, ()), left)})

    def with_statement(self, lhs: Side, rhs: Side, about: frozenset[str], name: str | None) -> Facts:
        """An equation of the text that is no claim: said about its quantities in this section; ``name`` is
        what it gives a value."""
        directive = f"assume {lhs.text.strip()} = {rhs.text.strip()}"
        return replace(self, stated=(*self.stated, _Stated(about, directive, self.section, name)))

    def left(self, names: Iterable[str]) -> list[tuple[str, Untaken]]:
        """What was said of these names and is not in force, the latest first."""
        found = [(n, u) for n in names for u in self.untaken.get(n, ()) if self.section - u.at.section < FAR]
        return sorted(found, key=lambda pair: (-pair[1].at.line, pair[0]))

    def under_what_is_stated(
        self, names: frozenset[str], scope: Scope, free: frozenset[str] = frozenset()
    ) -> Scope | None:
        """The scope with what this section states about these names, without values of the ``free`` ones;
        None where it states nothing."""
        here = [s for s in self.stated if s.about & names and s.section == self.section]
        found = scope
        for directive in [s.directive for s in here if s.name not in free][-4:]:
            found = _read(directive, found) or found
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
        return {n for n in names if n in self.sources and self.sources[n].section != self.section}

    def doubtful(self, names: Iterable[str]) -> list[str]:
        """Those that are far and defined more than once, or very far."""
        uses = self.throughout.uses
        return sorted(
            n for n in self.far(names) if uses[n] > 1 or self.section - self.sources[n].section >= FAR
        )

    def passing(self, names: Iterable[str]) -> tuple[set[str], set[str]]:
        """Names (in any font) whose kind or definition is from the text; those from another section."""
        plain = {unbold(n) for n in names}
        used = {n for n in (*self.kinds, *self.sources) if unbold(n) in plain}
        spoken = {n for n in used if n in self.kinds}
        elsewhere = self.far(used) | {n for n in spoken if self.kinds[n] != self.section}
        return spoken | elsewhere, elsewhere

    def gives_shape(self, primitive: queries.Primitive) -> bool:
        """Does this section say what shape a name has, or does it look like a scalar?"""
        name = primitive.whole
        if any(unbold(n) == unbold(name) for n, where in self.kinds.items() if where == self.section):
            return True
        symbol = symbol_of(name)
        capital = symbol.initial.isupper() and not symbol.is_command and not symbol.marks
        return unbold(name) == name and not capital and not primitive.indexed

    def results(self, scope: Scope) -> frozenset[str]:
        """Names that the text defines and by which it differentiates: ends of a derivation.

        ``p = s/n`` is the result of a derivation by p, in which p is free; ``z = w x + b``, in a document
        that differentiates by w, is a step on the way.
        """
        found = set()
        for name in self.sources:
            if unbold(name) in self.throughout.varied and name in scope.definitions:
                bodies = [d.body for d in scope.definitions[name]]
                spoken = {unbold(n) for body in bodies for n in queries.inside(body, scope)}
                if {n.lower() for n in spoken}.isdisjoint(n.lower() for n in self.throughout.varied):
                    found.add(name)
        return frozenset(found)

    def defines(self, name: str, node: Node) -> bool:
        """Is this very quantity defined, and not only one that shares its letter?"""
        return any(_same_form(d, node) for d in self.scope.definitions.get(name, ()))


def _read(directive: str, scope: Scope) -> Scope | None:
    """The scope with the directive, None where it cannot be read."""
    try:
        return read_directive(directive, scope)
    except (SymgradError, RecursionError):
        return None


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
