"""Recognition: which rule explains a step that a human wrote, and which rule the label claims.

Every rule "fits" a true step if one asks the judge, so the judge is not asked.  A rule explains
``before = after`` where one application of it (or all parallel ones) turns ``before`` into ``after`` up to
:func:`~symgrad.page.same`, with at most an evaluation and a tidying on top.  Read from right to left a rule
is still the same rule.

>>> from symgrad.page import Add, Num, Pow, Sym
>>> m, x = Sym("m"), Sym("x")
>>> before = Derivative(Pow(Add((Mul((m, x)), Num(1))), Num(2)), ((m, 1),))
>>> after = Mul((Num(2), x, Add((Mul((m, x)), Num(1)))))
>>> explain(before, after, Scope()), claimed_rule("Power Rule"), explain(before, after, Scope(), "power rule")
('chain rule', 'power rule', 'power rule')
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .derivation import sites
from .page import Derivative, Mul, Node, Sum, free_names, map_children, put, same
from .rules import DIFFERENTIATION
from .scope import Scope
from .tidy import equal_expanded, tidy

__all__ = ["claimed_rule", "explain"]

# What authors write, and the rule that it names.
_CLAIMS: tuple[tuple[str, str], ...] = (
    (r"chain[\s-]*rule", "chain rule"),
    (r"(product|leibniz)('s)?[\s-]*rule", "product rule"),
    (r"quotient[\s-]*rule", "quotient rule"),
    (r"power[\s-]*rule", "power rule"),
    (r"((constant[\s-]*)?(factor|multiple)|constant)[\s-]*rule", "factor rule"),
    (r"(sum|addition|difference)[\s-]*rule", "sum rule"),
    (r"linearity|additivity", "linearity"),
    (r"def(inition)?(\.|\b)|substitut|plug(ging)?[\s-]*in", "definition"),
    (r"distr(ib|\.)|expand|factor(ing|ise|ize|ed|[\s-]*out)|rearrang|comm(ut|\.)|collect", "comm., distr."),
    (r"cancel|simplif", "simplification"),
)

# The rules whose application is rightly called so, where there is more than one.
_FAMILY: dict[str, tuple[str, ...]] = {
    "chain rule": ("chain rule", "power rule", "elementary derivative"),
    "power rule": ("power rule", "chain rule"),
    "linearity": ("linearity", "sum rule", "factor rule", "linearity of the sum", "sum of a constant"),
    "sum rule": ("sum rule", "linearity of the sum"),
    "factor rule": ("factor rule", "linearity of the sum"),
    "comm., distr.": ("comm., distr.", "linearity of the sum", "cancellation", "simplification"),
    "simplification": ("simplification", "cancellation", "comm., distr.", "sum of a constant", "evaluation"),
}

_ORDER = (
    "comm., distr.", "definition", *(n for n in DIFFERENTIATION if n != "definition"), "linearity",
    "linearity of the sum", "sum of a constant", "simplification",
)  # fmt: skip
_BACKWARDS = frozenset(
    ["definition", "chain rule", "sum rule", "factor rule", "linearity", "linearity of the sum",
     "sum of a constant", "second derivative"]
)  # fmt: skip


def claimed_rule(label: str) -> str | None:
    """The rule that an author's label names; None where it names none that we know, or several.

    >>> claimed_rule("by the chain rule"), claimed_rule("def. of f"), claimed_rule("Kettenregel")
    ('chain rule', 'definition', None)
    """
    found = {rule for pattern, rule in _CLAIMS if re.search(r"(?<![a-z])(?:" + pattern + ")", label.lower())}
    return found.pop() if len(found) == 1 else None


def explain(before: Node, after: Node, scope: Scope, claimed: str | None = None) -> str | None:
    """The name of the rule that explains ``before = after``, None where no single rule does.

    ``claimed`` (from :func:`claimed_rule`) is given back where the step may rightly be called so; anything
    else that comes back contradicts it.
    """
    family = () if claimed is None else _FAMILY.get(claimed, (claimed,))
    goal = _Goal(before, after, scope)
    for reach in (goal.exactly, goal.settled):
        for name in (*family, *(n for n in _ORDER if n not in family)):
            if reach(name):
                return claimed if claimed is not None and name in family else name
    return None


class _Goal:
    """The page to be reached from ``before``."""

    def __init__(self, before: Node, after: Node, scope: Scope) -> None:
        self.before, self.after, self.scope = before, after, scope
        self.settled_after: Node | None = None

    def exactly(self, name: str) -> bool:
        """By the rule alone, in either direction."""
        if any(same(page, self.after) for page in self.results(name, self.before)):
            return True
        return name in _BACKWARDS and any(same(page, self.before) for page in self.results(name, self.after))

    def settled(self, name: str) -> bool:
        """By the rule, then evaluation and tidying; a name may first be opened by its definition."""
        if name == "simplification":
            return equal_expanded(self.before, self.after, self.scope)
        if self.settled_after is None:
            self.settled_after = self.settle(self.after)
        starts = [self.before]
        if name in DIFFERENTIATION and name != "definition":
            starts += list(_applied("definition", self.before, self.scope))[:1]
        return any(
            same(page, self.after) or same(self.settle(page), self.settled_after)
            for start in starts for page in self.results(name, start)
        )

    def settle(self, page: Node) -> Node:
        for result in _applied("evaluation", page, self.scope):
            page = result
            break
        return tidy(page, self.scope, "factor")[0]

    def results(self, name: str, page: Node) -> Iterator[Node]:
        match name:
            case "comm., distr.":
                yield page
                yield tidy(page, self.scope, "factor")[0]
            case "simplification":
                yield tidy(page, self.scope)[0]
            case "linearity":
                yield from _pushed(page, self.scope)
            case "chain rule":
                yield from _applied(name, page, self.scope)
                if page is self.after:
                    yield _contracted(page)
            case _:
                yield from _applied(name, page, self.scope)


def _applied(name: str, page: Node, scope: Scope) -> Iterator[Node]:
    """The rule at all parallel places, then at each place alone."""
    found = tuple(sites(page, (name,), scope))
    after = page
    for site in found:
        after = put(after, site.where, site.after)
    if found:
        yield after
    if len(found) > 1:
        for site in found:
            yield put(page, site.where, site.after)


def _pushed(page: Node, scope: Scope) -> Iterator[Node]:
    """Derivatives and sums moved inwards as far as linearity carries them."""
    after = page
    for _ in range(20):
        found = tuple(sites(after, ("sum rule", "factor rule"), scope))
        if not found:
            break
        for site in found:
            after = put(after, site.where, site.after)
    if after != page:
        yield after


def _contracted(page: Node) -> Node:
    """∂u/∂z ∂z/∂v, also under Σ_k with z_k, written as ∂u/∂v: the chain rule from right to left."""
    if isinstance(page, Sum) and isinstance(page.body, Mul):
        factors = _telescoped(page.body.factors)
        if len(factors) == 1 and page.index.name not in free_names(factors[0]):
            return factors[0]
    page = map_children(page, _contracted)
    if isinstance(page, Mul):
        factors = _telescoped(page.factors)
        return factors[0] if len(factors) == 1 else Mul(factors)
    return page


def _telescoped(factors: tuple[Node, ...]) -> tuple[Node, ...]:
    for j, left in enumerate(factors):
        for k, right in enumerate(factors):
            if j != k and isinstance(left, Derivative) and isinstance(right, Derivative) \
                    and left.by == ((right.body, 1),):
                whole = Derivative(left.body, right.by, "fraction", left.d)
                rest = tuple(whole if n == j else f for n, f in enumerate(factors) if n != k)
                return _telescoped(rest)
    return factors
