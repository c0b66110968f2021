"""Derivations: the derivative of an expression, one named rule a line.

:func:`derive_node` writes down ``∂J/∂θ`` and applies the rules of :mod:`symgrad.deriving.rules`, outermost
derivative first, in reading order; all derivatives to which the same rule applies are rewritten in one
line.  When no derivative is left, the line is tidied.  Everything is recorded in a tree: a step has the
page before and after it, and as substeps what happened where.  ``course`` is the view of that tree that
one would write on paper.  No step is believed: ``verdicts`` lets the judge decide every line of the course.

>>> from symgrad.page.tree import Add, Neg, Num, Pow
>>> theta, y = Sym("\\\\theta"), Sym("y")
>>> d = derive_node(Pow(Add((y, Neg(theta))), Num(2)), theta, Scope())
>>> d
  ∂/∂θ (y - θ)^2
= 2 (y - θ) ∂/∂θ (y - θ)   chain rule      ✓ proved
= 2 (y - θ) (-1)           evaluation      ✓ proved
= -2 (y - θ)               comm., distr.   ✓ proved
>>> all(d.verdicts())
True
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import InputError, ShapeError
from ..kernel.verdict import Verdict
from ..meaning.judging import prove_nodes
from ..notebook import Displayed
from ..page.matching import head
from ..page.scope import Kind, Scope
from ..page.symbols import unbold
from ..page.to_latex import to_latex
from ..page.to_text import name_text, to_text
from ..page.tree import (
    Call,
    Derivative,
    Gradient,
    Indexed,
    Node,
    Norm,
    Path,
    Sum,
    Sym,
    Transpose,
    children,
    free_names,
    paths,
    put,
    walk,
)
from .definitions import fold, opened, unfold
from .layouts import vectorish
from .rules import DIFFERENTIATION, RULES, TIDYING, definitions_used, depends, neat, opaque, partial
from .tidy import reordered, tidy

__all__ = ["Derivation", "Step", "derive_node"]

_MAX_LINES = 200
OPENING = "definition of the objective"
# After these a body is written by its name again in the same line: a (1 - a) instead of σ(z) (1 - σ(z)).
_RECOGNISED = frozenset(["chain rule", "elementary derivative"])
# Several of these in a row are one line of the course.
_MERGED = frozenset(
    ["evaluation", "sum rule", "factor rule", "Kronecker delta", "cancellation", "comm., distr."]
)


@dataclass(frozen=True, slots=True)
class Step(Displayed):
    """``before = after`` by ``rule``, applied at ``where`` (a place in the page that the step stands in).

    ``substeps`` say how: the applications of the rule at their places, or the steps that a line of the
    course sums up.
    """

    before: Node
    after: Node
    rule: str
    where: Path = ()
    substeps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return f"{to_text(self.before)} = {to_text(self.after)}   {self.rule}"

    __repr__ = __str__

    def latex(self) -> str:
        return f"$${to_latex(self.before)} = {to_latex(self.after)} \\quad\\text{{{self.rule}}}$$"


@dataclass(frozen=True, slots=True)
class Derivation(Displayed):
    """A chain ``start = ... = result`` of whole pages.

    ``reason`` says why the derivation ends before all derivatives are found; it is "" when they are.
    """

    title: str
    scope: Scope
    start: Node
    steps: tuple[Step, ...]
    reason: str = ""

    @property
    def result(self) -> Node:
        """The last page."""
        return self.steps[-1].after if self.steps else self.start

    def course(self) -> tuple[Step, ...]:
        """The lines one would write: the objective opened without a line of its own, evaluations merged."""
        return tuple(_course(self.steps))

    def verdicts(self) -> tuple[Verdict, ...]:
        """What the judge says about every line of the course, decided here and now."""
        return tuple(self._verdict(step) for step in self.course())

    def _verdict(self, step: Step) -> Verdict:
        try:
            return prove_nodes(step.before, step.after, self.scope)
        except ShapeError as error:
            return Verdict("undecided", cause=error.located)

    def text(self, verdicts: tuple[Verdict, ...]) -> str:
        """The course, one line each: formula, rule and verdict; then what was assumed, and what is wrong."""
        lines = [("= " + to_text(step.after), step.rule) for step in self.course()]
        width, rule = (max((len(line[k]) for line in lines), default=0) for k in (0, 1))
        out = ["  " + to_text(self.start)]
        for (line, name), verdict in zip(lines, verdicts, strict=True):
            out.append(f"{line:{width}}   {name:{rule}}   {verdict.symbol} {verdict.status}")
        assuming = dict.fromkeys(given for verdict in verdicts for given in verdict.assuming)
        out += [f"assuming {', '.join(assuming)}"] * bool(assuming)
        out += [f"line {n}: {v}" for n, v in enumerate(verdicts, 1) if not v]
        out += [f"unfinished: {self.reason}"] * bool(self.reason)
        return "\n".join(out)

    def __str__(self) -> str:
        return self.text(self.verdicts())

    __repr__ = __str__

    def latex(self) -> str:
        """The course as one aligned display, a rule behind every line."""
        rows = [f"&= {to_latex(step.after)} && \\text{{{step.rule}}}" for step in self.course()]
        lines = " \\\\\n".join(rows)
        return f"$$\\begin{{aligned}}\n{to_latex(self.start)} {lines}\n\\end{{aligned}}$$"


def _course(steps: Iterable[Step]) -> Iterator[Step]:
    group: list[Step] = []
    for step in steps:
        if group and group[-1].rule != OPENING and not _merge(group[-1], step):
            yield _together(group)
            group = []
        group.append(step)
    if group:
        yield _together(group)


def _merge(one: Step, two: Step) -> bool:
    if _folds(two) and one.rule in _RECOGNISED:
        return True
    return one.rule == two.rule and (one.rule in _MERGED or _folds(two))


def _folds(step: Step) -> bool:
    """Does the step write something by its name again?"""
    return step.rule.startswith("definition") and not step.substeps


def _together(group: list[Step]) -> Step:
    if len(group) == 1:
        return group[0]
    rule = next((s.rule for s in reversed(group) if not _folds(s)), group[0].rule)
    return Step(group[0].before, group[-1].after, rule, (), tuple(group))


def derive_node(body: Node, wrt: Node, scope: Scope, title: str = "") -> Derivation:
    """The derivation of ∂body/∂wrt (of ∇_wrt body where ``wrt`` is a vector or a matrix).

    Where the scope has a name for ``body``, the first page is ∂name/∂wrt.
    """
    if isinstance(body, Sym | Indexed) and head(body) not in (head(wrt), *scope.definitions, *scope.kinds):
        raise InputError(f"{to_text(body)} is not defined here, so its derivative is not known")
    by = head(wrt)
    if not depends(body, wrt, scope) and by not in {unbold(n) for n in free_names(body)}:
        raise InputError(f"{to_text(body)} does not depend on {to_text(wrt)}: differentiate by what?")
    if scope.kind(by or "") is None and any(n in (Transpose(wrt), Norm(wrt)) for n in walk(body)):
        raise InputError(
            f"{to_text(wrt)} stands as a vector here: declare it, and what it is multiplied by, "
            f"such as let {to_latex(wrt)} \\in \\mathbb{{R}}^d"
        )
    inside = unfold(body, scope) if _is_objective(body, wrt, scope) else None
    name = _name(body, scope) if inside is None else body
    start = _derivative(body if name is None else name, wrt, scope)
    page = _derivative(body if inside is None else inside, wrt, scope)
    return _derivation(title, start, page, None if name is None else head(name), scope)


def derive_again(first: Derivation, wrt: Node, title: str = "") -> Derivation:
    """The derivation of ∂²J/∂wrt∂θ (of ∇²_w J for vectors) from the result of the derivation of ∂J/∂θ."""
    start = first.start
    if isinstance(start, Gradient) and start.wrt == wrt and start.order == 1:
        whole: Node = Gradient(start.body, wrt, 2)
    elif isinstance(start, Derivative) and not vectorish(wrt, first.scope):
        (latest, order), *earlier = start.by
        by = ((wrt, order + 1), *earlier) if latest == wrt else ((wrt, 1), *start.by)
        whole = Derivative(start.body, by, start.style, start.d)
    else:
        raise InputError(f"{to_text(start)} is differentiated again by entries or by the same vector only")
    return _derivation(title, whole, partial(first.result, wrt), head(start.body), first.scope)


def _derivation(title: str, start: Node, page: Node, name: str | None, scope: Scope) -> Derivation:
    steps = [Step(start, page, OPENING)] if start != page else []
    reason = f"not finished after {_MAX_LINES} lines"
    for _ in range(_MAX_LINES):
        step = _next(page, steps, scope)
        if step is None:
            steps += _last(page, steps, name, scope)
            reason = _unfinished(page, scope)
            break
        steps.append(step)
        page = step.after
    return Derivation(title, scope, start, tuple(steps), reason)


def _is_objective(body: Node, wrt: Node, scope: Scope) -> bool:
    """J, or J(θ) where θ only says what J depends on: what it stands for opens the derivation."""
    if not isinstance(body, Call):
        return isinstance(body, Sym)
    below = {wrt, *walk(wrt)}
    unused = any(
        d.params is not None and not any(p in set(walk(d.body)) for p in d.params)
        for d in scope.definitions.get(head(body) or "", ())
    )
    return unused or any(arg in below for arg in body.args)


def _name(body: Node, scope: Scope) -> Node | None:
    for name, definitions in scope.definitions.items():
        for d in definitions:
            if d.body == body and d.params is None and not d.lower and not d.upper:
                return Sym(name)
    return None


def _derivative(body: Node, wrt: Node, scope: Scope) -> Node:
    return Gradient(body, wrt) if vectorish(wrt, scope) else partial(body, wrt)


# --- one line ---------------------------------------------------------------------------------------------


def _next(page: Node, steps: list[Step], scope: Scope) -> Step | None:
    """The next line: the rule that the first derivative asks for, at all derivatives that ask for it too."""
    found = tuple(sites(page, DIFFERENTIATION, scope))
    used = _used(steps, scope)
    if used and (not found or steps[-1].rule in _RECOGNISED):
        for name, calls in used.items():
            after = fold(page, (name,), scope, calls)
            if after != page:
                return Step(page, neat(after), f"definition {name_text(name)}")
    if found:
        return _line(page, tuple(s for s in found if s.rule == found[0].rule), scope)
    split, _ = tidy(page, scope, "split")
    if used and fold(split, used, scope) != split:
        return Step(page, split, "comm., distr.")
    for name in TIDYING:
        step = _tidied(page, name, scope)
        if step is not None and not reordered(page, step.after):
            return step
    return None


def _last(page: Node, steps: list[Step], objective: str | None, scope: Scope) -> Iterator[Step]:
    """The last line: a function that stands there once is opened, a quantity with a name called by it."""
    folded = {step.rule for step in steps if _folds(step)}
    for name in scope.definitions:
        rule = f"definition {name_text(name)}"
        if rule in folded and sum(isinstance(n, Call) and head(n) == name for n in walk(page)) == 1:
            after = opened(page, name, scope)
        else:
            after = page if name == objective else fold(page, (name,), scope)
        if after != page:
            yield Step(page, neat(after), rule)
            page = neat(after)


def _tidied(page: Node, name: str, scope: Scope) -> Step | None:
    """The whole page tidied; definitions of functions recognised wherever they stand."""
    if name.startswith("definition") or name in ("Kronecker delta", "range of the sum", "assumption"):
        parts = tuple(sites(page, (name,), scope))
        return _line(page, parts, scope) if parts else None
    after = RULES[name](page, scope)
    return None if after is None else Step(page, after, name)


def sites(node: Node, names: tuple[str, ...], scope: Scope, path: Path = ()) -> Iterator[Step]:
    """The outermost places where one of the rules applies, in reading order, each with its first rule."""
    for name in names:
        after = RULES[name](node, scope)
        if after is not None and after != node:
            yield Step(node, after, name, path)
            return
    if isinstance(node, Sum):
        kind = scope.kind(node.index.name)
        if kind is None or kind.role != "index":  # what a range inside may depend on
            scope = scope.declare(node.index.name, Kind(role="index"))
    for k, child in enumerate(children(node)):
        yield from sites(child, names, scope, (*path, k))


def _line(page: Node, parts: tuple[Step, ...], scope: Scope) -> Step:
    """One line for parallel applications of one rule."""
    after = page
    for part in parts:
        after = put(after, part.where, part.after)
    after = neat(after)
    rule = parts[0].rule
    if rule == "definition":
        names = dict.fromkeys(name_text(head(name) or "") for part in parts for name in _opens(part, scope))
        rule += " " + ", ".join(names)
    return Step(page, after, rule, (), parts)


def _opens(part: Step, scope: Scope) -> tuple[Node, ...]:
    """The names that an application of the definition rule opens."""
    if part.rule != "definition":
        return ()
    return tuple(name for name, _ in definitions_used(part.before, scope))


def _used(steps: list[Step], scope: Scope) -> dict[str, tuple[Node, ...]]:
    """The names opened so far, each with where it stood."""
    out: dict[str, tuple[Node, ...]] = {}
    for step in steps:
        for part in step.substeps:
            for node in _opens(part, scope):
                name = head(node)
                if name is not None and node not in out.get(name, ()):
                    out[name] = (*out.get(name, ()), node)
    return out


def _unfinished(page: Node, scope: Scope) -> str:
    """Why derivatives are left: "" where they all are of quantities that are known by name only."""
    for _, node in paths(page):
        if isinstance(node, Derivative | Gradient) and not opaque(node.body, scope):
            return f"there is no rule here for {to_text(node)}"
    return ""
