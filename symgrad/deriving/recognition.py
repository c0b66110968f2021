"""Recognition: which rule explains a step that a human wrote, and which rule the label claims.

Every rule "fits" a true step if one asks the judge, so the judge is not asked.  A rule explains
``before = after`` where one application of it (or all parallel ones) turns ``before`` into ``after`` up to
:func:`~symgrad.page.tree.same`, with at most a table look-up and a tidying on top.  Read from right to left
a rule is still the same rule.

>>> from symgrad.page.tree import Add, Num, Pow, Sym
>>> m, x = Sym("m"), Sym("x")
>>> before = Derivative(Pow(Add((Mul((m, x)), Num(1))), Num(2)), ((m, 1),))
>>> after = Mul((Num(2), x, Add((Mul((m, x)), Num(1)))))
>>> explain(before, after, Scope()), claimed_rule("Power Rule"), explain(before, after, Scope(), "power rule")
('chain rule', 'power rule', 'power rule')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, cached_property

from ..page.matching import head
from ..page.scope import Scope
from ..page.tree import (
    Add,
    Derivative,
    Gradient,
    Mul,
    Neg,
    Node,
    Sum,
    canonical,
    free_names,
    map_children,
    paths,
    put,
    walk,
)
from .definitions import unfold
from .derivation import sites
from .rules import DIFFERENTIATION, RULES, neat
from .tidy import Level, equal_expanded, tidy

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
    "chain rule": (
        "chain rule", "power rule", "elementary derivative", "backpropagation", "gradient of a square",
    ),
    "power rule": ("power rule", "chain rule", "evaluation", "gradient of a square"),
    "linearity": (
        "linearity", "sum rule", "factor rule", "linearity of the sum", "sum of a constant", "evaluation",
    ),
    "sum rule": ("sum rule", "linearity", "linearity of the sum", "evaluation"),
    "factor rule": ("factor rule", "linearity", "linearity of the sum", "evaluation"),
    "product rule": ("product rule", "quadratic form"),
    "comm., distr.": ("comm., distr.", "linearity of the sum", "cancellation", "simplification"),
    "simplification": (
        "simplification", "cancellation", "comm., distr.", "sum of a constant", "evaluation", "definition σ",
        "definition tanh", "Kronecker delta", "assumption",
    ),
}  # fmt: skip

_ORDER = (
    "comm., distr.", "cancellation", "definition", *(n for n in DIFFERENTIATION if n != "definition"),
    "linearity", "linearity of the sum", "sum of a constant", "simplification", "definition σ",
    "definition tanh", "Kronecker delta", "assumption",
)  # fmt: skip
_DERIVING = frozenset(DIFFERENTIATION)
_MAX_AGAIN = 8
_MAX_NODES = 200
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
    for reach in (goal.exactly, goal.settled, *((goal.opened,) if scope.definitions else ())):
        for name in (*family, *(n for n in _ORDER if n not in family)):
            if reach(name):
                return claimed if claimed is not None and name in family else name
    return None


class _Goal:
    """The page to be reached from ``before``; what was worked out once is kept."""

    def __init__(self, before: Node, after: Node, scope: Scope) -> None:
        self.before, self.after, self.scope = before, after, scope
        self.form: Callable[[Node], object] = cache(canonical)
        self.settled_form: Callable[[Node], object] = cache(lambda page: canonical(self.settle(page)))
        self.differentiates = cache(
            lambda page: any(isinstance(n, Derivative | Gradient) for n in walk(page))
        )
        self.reached = cache(lambda name: tuple(self.results(name, self.before)))

    def exactly(self, name: str) -> bool:
        """By the rule alone, in either direction."""
        if any(self.form(page) == self.form(self.after) for page in self.reached(name)):
            return True
        return name in _BACKWARDS and any(
            self.form(page) == self.form(self.before) for page in self.results(name, self.after)
        )

    def settled(self, name: str) -> bool:
        """By the rule, then evaluation and tidying; a name may first be opened by its definition."""
        if name == "simplification":
            return equal_expanded(self.before, self.after, self.scope)
        if name in ("comm., distr.", "cancellation") and self.cancels != (name == "cancellation"):
            return False
        pages = self.reached(name)
        if name in DIFFERENTIATION and name != "definition" and self.unfolded is not None:
            pages += tuple(self.results(name, self.unfolded))
        return any(self.settled_form(page) == self.settled_form(self.after) for page in pages)

    def opened(self, name: str) -> bool:
        """By the rule, up to the names of quantities that are defined."""
        pages = self.reached("simplification" if name == "definition" else name)
        return name in _OPENED and any(
            self.settled_form(_opened(page, self.scope)) == self.settled_form(_opened(self.after, self.scope))
            for page in pages
        )

    @cached_property
    def unfolded(self) -> Node | None:
        """``before`` with the names below its derivatives opened, None where there is nothing to open."""
        return next(self.applied(("definition",), self.before), None)

    @cached_property
    def cancels(self) -> bool:
        """Does tidying either side cancel a factor or count a sum?"""
        how = [*tidy(self.before, self.scope, "factor")[1], *tidy(self.after, self.scope, "factor")[1]]
        return "cancel" in how or "count" in how

    def settle(self, page: Node) -> Node:
        """The derivatives that a table gives looked up, tidied, every sum with one of its two signs."""
        page = neat(next(self.applied(_TABLE, page), page))
        return _signed(tidy(page, self.scope, "factor")[0])

    def applied(self, names: tuple[str, ...], page: Node) -> Iterator[Node]:
        """``_applied``, where there may be a place for one of the rules: most lines hold no derivative."""
        if self.differentiates(page) or not _DERIVING.issuperset(names):
            yield from _applied(names, page, self.scope)

    def results(self, name: str, page: Node) -> Iterator[Node]:
        match name:
            case "comm., distr.":
                yield page
                levels: tuple[Level, ...] = ("factor", "expand")
                for level in levels:
                    tidied, how = tidy(page, self.scope, level)
                    if "cancel" not in how and "count" not in how:
                        yield tidied
            case "simplification":
                yield tidy(page, self.scope)[0]
            case "cancellation":
                cancelled = RULES[name](page, self.scope)
                yield page if cancelled is None else cancelled
            case "linearity":
                yield from self.applied(("sum rule", "factor rule"), page)
            case "definition":
                yield from self.applied((name,), page)
                yield from _some_opened(page, self.scope)
            case _:
                yield from self.applied((name,), page)
                if name == "chain rule" and page is self.after:
                    yield _contracted(page)


# The rules that are also recognised when the page after them uses other names for the same quantities.
_OPENED = ("definition", "chain rule", "elementary derivative", "evaluation")
_TABLE = ("evaluation", "power rule", "elementary derivative")


def _applied(names: tuple[str, ...], page: Node, scope: Scope) -> Iterator[Node]:
    """The rules at all parallel places, again and again, at each place alone."""
    first = found = tuple(sites(page, names, scope))
    after = page
    for _ in range(_MAX_AGAIN):
        if not found:
            break
        for site in found:
            after = put(after, site.where, site.after)
        yield after
        found = tuple(sites(after, names, scope))
    if len(first) > 1:
        for site in first:
            yield put(page, site.where, site.after)


def _some_opened(page: Node, scope: Scope) -> Iterator[Node]:
    """Names outside of derivatives opened: those of one name, those in one place."""
    found = [(path, node, body) for path, node in paths(page) if (body := unfold(node, scope)) is not None]
    for name in dict.fromkeys(head(node) for _, node, _ in found):
        yield _replaced(page, {node: body for _, node, body in found if head(node) == name})
    if len(found) > 1:
        for path, _, body in found:
            yield put(page, path, body)


def _opened(page: Node, scope: Scope) -> Node:
    """Every name opened, to the ground; not in pages that grow too large to be one step."""
    for _ in range(_MAX_AGAIN):
        if sum(1 for _ in walk(page)) > _MAX_NODES:
            break
        bodies = {n: body for n in walk(page) if (body := unfold(n, scope)) is not None}
        if not bodies:
            break
        page = _replaced(page, bodies)
    return page


def _replaced(node: Node, bodies: dict[Node, Node]) -> Node:
    return bodies[node] if node in bodies else map_children(node, lambda child: _replaced(child, bodies))


def _signed(node: Node) -> Node:
    """Every sum with the sign that makes a certain one of its terms positive: x - y as -(y - x)."""
    node = map_children(node, _signed)
    if isinstance(node, Add):
        first = min(node.terms, key=lambda t: repr(t.arg if isinstance(t, Neg) else t))
        if isinstance(first, Neg):
            return Neg(Add(tuple(t.arg if isinstance(t, Neg) else Neg(t) for t in node.terms)))
    return node


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
