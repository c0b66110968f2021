"""``symgrad.prove`` and ``symgrad.derive``: SymPy, LaTeX or pages in, verdicts and derivations out.

SymPy is imported only when a SymPy object is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .deriving.derivation import Derivation, derive_again, derive_node
from .errors import InputError
from .kernel.verdict import Verdict
from .latex import read
from .meaning.directives import read_directive
from .meaning.judging import prove_nodes
from .page.scope import Scope
from .page.to_text import to_text
from .page.tree import Chain, Indexed, Node, Relation, Sym

if TYPE_CHECKING:
    from .objective import Objective


def prove(lhs: Any, rhs: Any, given: Iterable[str] = ()) -> Verdict:
    """Decide ``lhs = rhs`` for every N, all data and all parameters at which both sides are defined.

    ``lhs`` and ``rhs`` are SymPy expressions, LaTeX strings or pages (also mixed); ``given`` holds
    directive lines: definitions ``let f(x) = m x + b``, kinds ``let w \\\\in \\\\mathbb{R}^d``, hypotheses
    ``assume \\\\sum_k y_k = 1``.  Raises ReadError for text it cannot read and ShapeError for shapes that
    do not fit.

    >>> prove(r"\\frac{\\partial}{\\partial w} \\sigma(w x)", r"\\sigma(w x) (1 - \\sigma(w x)) x").status
    'proved'
    >>> v = prove(r"\\frac{1}{N} \\sum_{i=1}^N x_i^2", r"\\left(\\frac{1}{N} \\sum_{i=1}^N x_i\\right)^2")
    >>> v.status, dict(v.witness.sizes)
    ('refuted', {'N': 2})
    """
    scope = _scope((lhs, rhs), given)
    verdict = prove_nodes(_page(lhs, scope), _page(rhs, scope), scope)
    symbolic = _symbolic((lhs, rhs))
    if verdict and symbolic:
        from .bridge import counted

        verdict = replace(verdict, conditions=(*verdict.conditions, *counted(*symbolic)))
    return verdict


def derive(what: Objective | Any, wrt: Any, given: Iterable[str] = (), title: str = "") -> Derivation:
    """The derivation of the derivative of ``what`` by ``wrt``, one named rule a line.

    ``what`` is an :class:`~symgrad.objective.Objective`, a SymPy expression, LaTeX or a page; ``wrt`` a
    SymPy symbol, LaTeX or a page.  ``given`` holds directive lines, as for :func:`prove`.  A derivation of
    ∂J/∂θ goes on to ∂²J/∂wrt∂θ.

    >>> d = derive("(y - m x)^2", "m")
    >>> bool(d.verdicts()) and all(d.verdicts())
    True
    >>> from symgrad.page.to_text import to_text
    >>> second = derive(d, "m")
    >>> print(to_text(second.start), "=", to_text(second.result))
    ∂^2/∂m^2 (y - m x)^2 = 2 x^2
    """
    if isinstance(what, Derivation):
        scope = _directives(what.scope, given)
        return derive_again(replace(what, scope=scope), _variable(wrt, scope), title or what.title)
    from_library = _objective(what)
    if from_library is not None:
        scope = _directives(from_library.scope, given)
        body: Node = from_library.page
        title = title or from_library.name
        wrt = from_library.parameter(wrt) if isinstance(wrt, str) else wrt
    else:
        scope = _scope((what, wrt), given)
        body = _page(what, scope)
    return derive_node(body, _variable(wrt, scope), scope, title)


def _objective(what: object) -> Objective | None:
    # Only an Objective has these; asking its class would import SymPy for everyone.
    return what if hasattr(what, "reduction") and hasattr(what, "page") else None  # type: ignore[return-value]


def _scope(parts: tuple[Any, ...], given: Iterable[str]) -> Scope:
    symbolic = _symbolic(parts)
    scope = Scope()
    if symbolic:
        from .bridge import scope_of

        scope = scope_of(*symbolic)
    return _directives(scope, given)


def _symbolic(parts: tuple[Any, ...]) -> list[Any]:
    return [p for p in parts if not isinstance(p, str | Node)]


def _directives(scope: Scope, given: Iterable[str]) -> Scope:
    if isinstance(given, str):
        raise InputError("given takes a sequence of lines, not one string: write given=[...]")
    for line in given:
        if not isinstance(line, str):
            raise InputError(f"given takes lines such as 'assume x > 0', not {line!r}")
        scope = read_directive(line, scope)
    return scope


def _variable(wrt: Any, scope: Scope) -> Node:
    node = _page(wrt, scope)
    if isinstance(node, Sym | Indexed):
        return node
    raise InputError(f"differentiate by one symbol or entry, not by {to_text(node)}")


def _page(part: Any, scope: Scope) -> Node:
    if isinstance(part, str):
        if re.fullmatch(r"[a-z]{3,}(-[a-z]{3,})+", part):
            known = f"symgrad.losses.library.PROBLEMS[{part!r}]()"
            raise InputError(f"{part!r} is a name, not a formula: give {known}")
        node = read(part, scope)
        if isinstance(node, Relation | Chain):
            raise InputError(f"{part!r} is a relation: give its two sides as two arguments")
        return node
    if isinstance(part, Node):
        return part
    from .bridge import to_page

    return to_page(part)
