"""Directive lines: ``let`` and ``assume`` in the author's own LaTeX.

>>> scope = read_directives([r"let f(x_i) = m x_i + b", r"let w \\in \\mathbb{R}^d", r"assume a > 0"])
>>> sorted(scope.definitions), scope.kinds["w"].shape, len(scope.assumptions)
(['f'], (Sym(name='d'),), 1)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from ..errors import ReadError, Span, SpannedError, UnknownMeaning
from ..latex import read
from ..latex.tokens import DEPTHS, token_at
from ..names import Numbered
from ..page import tree as page
from ..page.indexed import Name, name_of, written
from ..page.relations import OPS
from ..page.scope import Definition, Kind, Macro, Scope
from ..page.symbols import unbold
from ..page.tree import Node, free_names, map_children, substitute, walk
from ..patterns import Pattern
from ..reasons import UnknownCommand
from .values import HOLE, NOTATION

_SIGNS = (*(sign for sign, op in OPS.items() if op == ":="), "\\equiv", "=")
_REAL = Pattern(r"\\(?:mathbb|Bbb|mathbf|mathds)\s*\{?\s*R\s*\}?\s*(.*)$", re.S)
_INTEGER = Pattern(r"\\(?:mathbb|Bbb|mathbf|mathds)\s*\{?\s*[NZ]\s*\}?")
_SET = Pattern(r"(?:\\left)?\s*\\\{(.*?)(?:\\right)?\s*\\\}\s*$", re.S)
_MACRO = Pattern(r"(\\[A-Za-z]+)\s*((?:\{\s*[A-Za-z]\w*\s*\}\s*)*)$")
_COMMAND = Pattern(r"(\\[A-Za-z]+)\s*(?:[_^(]|$)")
_NABLA = Pattern(r"\\nabla\s*_\s*(.+)$", re.S)
_CONVENTIONAL = frozenset("ijklmnrstuabcpq")
_STEPS = frozenset("ijklt")  # of these every one has a next; x_{n+1} may be one new point


def read_directives(lines: Iterable[str], scope: Scope | None = None) -> Scope:
    """The scope with all lines in force; names of functions are known before bodies are read."""
    out = Scope() if scope is None else scope
    kept = [line for line in lines if line.strip()]
    for line in kept:
        out = _announce(line, out)
    once = out
    for line in kept:
        once = read_directive(line, once)
    # Read again with everything known: what a superscript marks may be said by a later line.
    out = replace(out, definitions=once.definitions, kinds=once.kinds, nabla=once.nabla, macros=once.macros)
    for line in kept:
        out = read_directive(line, out)
    return out


def read_directive(line: str, scope: Scope) -> Scope:
    """The scope with one more line in force; errors carry spans into the line.

    ``let f(x) = ..``, ``let w \\\\in \\\\mathbb{R}^d``, ``let i \\\\in \\\\{1,\\\\dots,N\\\\}``,
    ``let \\\\nabla = \\\\nabla_w``, ``let L = L(Z)``, ``let \\\\bx = \\\\mathbf{x}``, ``assume ..``.
    """
    found = re.match(r"\s*(let|assume)\b\s*", line)
    if found is None:
        start = len(line) - len(line.lstrip())
        raise ReadError("a directive begins with let or assume", Span(start, len(line)))
    text = _Text(line, found.end(), len(line.rstrip()))
    return _assume(text, scope) if found.group(1) == "assume" else _let(text, scope)


class _Text:
    """A piece of a line, so that errors point into the line."""

    def __init__(self, line: str, start: int, end: int) -> None:
        while start < end and line[start].isspace():
            start += 1
        while end > start and line[end - 1].isspace():
            end -= 1
        self.line, self.start, self.end = line, start, end

    def __str__(self) -> str:
        return self.line[self.start : self.end]

    def part(self, start: int, end: int) -> _Text:
        return _Text(self.line, self.start + start, self.start + end)

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def read(self, scope: Scope) -> Node:
        try:
            return read(str(self), scope)
        except SpannedError as problem:
            at = problem.span
            moved = self.span if at is None else Span(at.start + self.start, at.end + self.start)
            problem.span = moved
            raise

    def split(self, *signs: str) -> tuple[_Text, str, _Text] | None:
        """The parts before and after the first of the signs outside all brackets."""
        text, depth, at = str(self), 0, 0
        while at < len(text):
            if not depth:
                sign = next((s for s in signs if text.startswith(s, at) and _ends(s, text, at)), None)
                if sign is not None:
                    return self.part(0, at), sign, self.part(at + len(sign), len(text))
            token = token_at(text, at)
            depth += DEPTHS.get(token.text, 0)
            at = token.end
        return None


def _ends(sign: str, text: str, k: int) -> bool:
    """A command ends where no letter follows."""
    after = text[k + len(sign) : k + len(sign) + 1]
    return not (sign[0] == "\\" and sign[-1].isalpha() and after.isalpha() and after.isascii())


# -- let -------------------------------------------------------------------------------------------------


def _let(text: _Text, scope: Scope) -> Scope:
    belongs = text.split("\\in", "\\colon", ":", *_SIGNS)
    if belongs is None:
        raise ReadError("let needs = or \\in", text.span)
    left, sign, right = belongs
    scope = _command(left, None if sign in ("\\in", ":", "\\colon") else right, scope)
    if sign == "\\in":
        for name in _listed(left):
            scope = _kind(name, right, scope)
        return scope
    if sign in (":", "\\colon"):
        return _kind(left, _codomain(right), scope, function=True)
    if str(left) == "\\nabla":
        found = _NABLA.match(str(right))
        if found is None:
            raise ReadError("write let \\nabla = \\nabla_w", right.span)
        return replace(scope, nabla=(right.part(found.start(1), found.end(1)).read(scope),))
    macro = _macro(left, right, scope)
    if macro is not None:
        return macro
    return _define(left, right, scope)


def _listed(text: _Text) -> list[_Text]:
    """``x, y`` as two names."""
    cut = text.split(",")
    return [text] if cut is None else [cut[0], *_listed(cut[2])]


def _codomain(text: _Text) -> _Text:
    cut = text.split("\\to", "\\rightarrow", "\\mapsto")
    if cut is None:
        raise ReadError("a function is declared f: \\mathbb{R}^d \\to \\mathbb{R}", text.span)
    return cut[2]


def _command(left: _Text, body: _Text | None, scope: Scope) -> Scope:
    """A command that nothing defines is a name where a line declares it (``let \\wv \\in ..``) or says what
    it stands for; it stays text for another name, for a notation, and for what goes with an index.
    """
    found = _COMMAND.match(str(left))
    if found is None or found.group(1) in scope.macros or not _unknown(found.group(1), scope):
        return scope
    if body is not None and str(left) == found.group(1) and not _is_quantity(str(body), scope):
        return scope
    return scope.with_macro(found.group(1), Macro(0, f"\\mathrm{{{found.group(1)[1:]}}}"))


def _is_quantity(body: str, scope: Scope) -> bool:
    """Does a command with this body name a quantity?"""
    try:
        node = read(body, scope)
    except ReadError:
        return _unknown(body, scope) and not re.fullmatch(r"\\[A-Za-z]+", body)
    entries = (k for n in walk(node) if isinstance(n, page.Indexed) for k in (*n.lower, *n.upper))
    return _opens(node) and not any(free_names(k) & free_names(node) for k in entries)


def _unknown(text: str, scope: Scope) -> bool:
    """Does the text name a command that nothing defines?"""
    try:
        read(text, scope)
    except ReadError as error:
        return isinstance(error.reason, UnknownCommand)
    except SpannedError:
        pass
    return False


def _opens(node: Node) -> bool:
    """Would what stands beside this expression reach into it, were it put there as text?"""
    return isinstance(node, page.Add | page.Neg | page.Mul | page.Pow | page.BigOp)


def _macro(left: _Text, right: _Text, scope: Scope) -> Scope | None:
    """A command that the reader does not know becomes a macro; ``\\pd{a}{b}`` takes arguments."""
    found = _MACRO.match(str(left))
    if found is None:
        return None
    params = re.findall(r"\{\s*([A-Za-z]\w*)\s*\}", found.group(2))
    try:
        node = read(str(left), scope)
    except ReadError:
        node = None
    if node is not None and (name_of(node) is not None or not params):
        return None
    body = str(right)
    try:
        meant = read(body, scope)
    except SpannedError:
        meant = None
    for k, p in enumerate(params):
        # Braces print nothing, but a sum put there stands open, and the reader asks for parentheses.
        held = f"#{k + 1}" if meant is None else f"{{#{k + 1}}}"
        body = re.sub(rf"(?<![A-Za-z\\]){re.escape(p)}(?![A-Za-z])", held, body)
        body = re.sub(rf"(?<=\\partial)(\s*){{#{k + 1}}}", rf"\1 #{k + 1}", body)  # there it may be empty
    if meant is not None and _opens(meant):
        body = f"\\left({body}\\right)"
    return scope.with_macro(found.group(1), Macro(len(params), body))


def _announce(line: str, scope: Scope) -> Scope:
    """Kinds, macros and functions of the line, declared so that the other lines can be read."""
    found = re.match(r"\s*let\b\s*", line)
    text = _Text(line, found.end() if found else 0, len(line.rstrip()))
    cut = text.split("\\in", *_SIGNS) if found else None
    if cut is None:
        return scope
    left, sign, right = cut
    try:
        if sign == "\\in":
            return _let(text, scope)
        if str(left) == "\\nabla":
            return scope
        scope = _command(left, right, scope)
        return _macro(left, right, scope) or _function(left, scope)
    except SpannedError:
        return scope


def _define(left: _Text, right: _Text, scope: Scope) -> Scope:
    operators = _operators(left, right, scope)
    if operators is not None:
        return operators
    scope = _function(left, scope)
    node, body = left.read(scope), right.read(scope)
    if isinstance(body, page.Chain | page.Relation):
        body = body.first if isinstance(body, page.Chain) else body.lhs
    if node == body:
        return scope
    entry = _entrywise(node, body)
    if entry is not None:
        return scope.declare(entry, Kind(role="function", entrywise=True))
    name, bracket = _name(node.fn if isinstance(node, page.Call) else node)
    if name is None or (isinstance(node, page.Call) and node.fn == page.Sym("\\{\\}")):
        return scope.define(Definition(NOTATION, body, params=(node,), source=f"{left} = {right}"))
    name, body = _unshifted(name, body)
    params = node.args if isinstance(node, page.Call) else None
    if params is None and isinstance(body, page.Call) and body.fn == node:
        return _depends(name, body.args, scope)
    return scope.define(
        Definition(name.base, body, name.lower, name.upper, params, f"{left} = {right}", bracket)
    )


def _unshifted(name: Name, body: Node) -> tuple[Name, Node]:
    """``b_{k+1} = M_k a_k`` says what every b_k is: M_{k-1} a_{k-1}."""

    def entry(k: Node) -> Node:
        nonlocal body
        match k:
            case page.Add((page.Sym(letter) as index, page.Num(n) | page.Neg(page.Num(n)) as step)):
                if letter in _STEPS:
                    body = _moved(body, index, -n if isinstance(step, page.Num) else n)
                    return page.Sym(letter)
        return k

    return name._replace(upper=tuple(map(entry, name.upper)), lower=tuple(map(entry, name.lower))), body


def _moved(node: Node, letter: page.Sym, by: Fraction | int) -> Node:
    """The node at another place: k + by for k."""
    match node:
        case page.Add((page.Sym() as k, page.Num(n))) if k == letter:
            return _step(letter, n + by)
        case page.Add((page.Sym() as k, page.Neg(page.Num(n)))) if k == letter:
            return _step(letter, by - n)
        case page.Sym() if node == letter:
            return _step(letter, by)
        case page.BigOp(_, index) if index == letter:
            return node
    return map_children(node, lambda child: _moved(child, letter, by))


def _step(letter: page.Sym, by: Fraction | int) -> Node:
    if not by:
        return letter
    return page.Add((letter, page.Num(by) if by > 0 else page.Neg(page.Num(-by))))


def _name(node: Node) -> tuple[Name | None, str]:
    """The name on a left side, where a superscript is an index and no power; how it is marked."""
    if isinstance(node, page.Pow):
        name = name_of(node.base)
        return (None if name is None else name._replace(upper=(*name.upper, node.exp), bracket="")), ""
    name = name_of(node)
    return name, "()" if name is None else name.bracket


def _function(left: _Text, scope: Scope) -> Scope:
    """``f`` of ``f(x)`` on a left side is a function."""
    head, args = _call(left)
    if args is None:
        return scope
    try:
        name, _ = _name(head.read(scope))
    except SpannedError:
        return scope
    if name is None or scope.is_function(name.base):
        return scope
    return scope.declare(name.base, replace(scope.kind(name.base) or Kind(), role="function"))


def _entrywise(node: Node, body: Node) -> str | None:
    """``phi(z)_i = phi(z_i)`` says that phi acts on every entry."""
    match node, body:
        case page.Component(page.Call(f, (v,)), (i,)) | page.Indexed(page.Call(f, (v,)), (i,), ()), page.Call(
            g, (page.Indexed(w, (j,), ()),)
        ) if f == g and i == j and _letter(v) == _letter(w) != "":
            name = name_of(f)
            return None if name is None else name.base
    return None


def _letter(node: Node) -> str:
    return unbold(node.name) if isinstance(node, page.Sym) else ""


def _operators(left: _Text, right: _Text, scope: Scope) -> Scope | None:
    """``\\partial_w = \\nabla_w``: an operator without operand, which any expression may fill."""
    if not re.match(r"\\(?:nabla|partial|triangledown|d?frac|mathrm|operatorname|D)(?![A-Za-z])", str(left)):
        return None
    try:
        left.read(scope)
        return None
    except ReadError:
        pass
    try:
        node = read(f"{left} {HOLE}", scope)
        body = read(
            re.sub(r"\^\s*(?:\{\s*)?(?:\\top|T|\\intercal)\s*\}?\s*$", "", str(right)) + f" {HOLE}", scope
        )
    except ReadError:
        return None
    if node == body:
        return scope
    return scope.define(Definition(NOTATION, body, params=(node,), source=f"{left} = {right}"))


def _depends(name: Name, args: tuple[Node, ...], scope: Scope) -> Scope:
    """``let h_t = h_t(w)``: an opaque quantity whose derivatives are symbols."""
    own: dict[Node, Node] = {
        k: page.Sym(Numbered(place)) for place, k in enumerate(name.indices) if isinstance(k, page.Sym)
    }
    old = scope.kind(name.base) or Kind(arity=len(name.indices))
    role = "real" if old.role == "function" else old.role
    # Its own indices are numbered: h_t = h_t(w_t) says of h_s that it rests on w_s.
    return scope.declare(name.base, replace(old, rests=tuple(substitute(a, own) for a in args), role=role))


def _call(text: _Text) -> tuple[_Text, list[_Text] | None]:
    """``f(x, y)`` taken apart; anything else is a name without arguments."""
    source = str(text)
    depth, k = 0, -1
    for at, sign in enumerate(source):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(sign, 0)
        if sign == "(" and not depth:
            k = at
            break
    if k < 1 or not source.rstrip().endswith(")"):
        return text, None
    level = 0
    for j in range(k, len(source)):
        level += {"(": 1, ")": -1}.get(source[j], 0)
        if not level:
            break
    if j != len(source.rstrip()) - 1:
        return text, None
    head = re.sub(r"(?:\\left|\\bigl?|\\Bigl?|\\bigg|\\!)\s*$", "", source[:k]).rstrip()
    inner = re.sub(r"\\right\s*$|\\bigr?\s*$", "", source[k + 1 : j])
    whole = text.part(k + 1, k + 1 + len(inner))
    return text.part(0, len(head)), _arguments(whole)


def _arguments(text: _Text) -> list[_Text]:
    cut = text.split(",", ";", "\\mid", "\\vert", "|")
    return [text] if cut is None else [cut[0], *_arguments(cut[2])]


# -- kinds -------------------------------------------------------------------------------------------------


def _kind(left: _Text, right: _Text, scope: Scope, function: bool = False) -> Scope:
    head, args = _call(left)
    node = head.read(scope)
    name, _ = _name(node)
    if name is None:
        raise ReadError("only a name can be declared", left.span)
    kind, sign = _set(right, scope)
    if kind is None:
        return _assumed(page.Relation(node, "in", right.read(scope), span=left.span), scope)
    if function or args is not None:
        kind = replace(kind, role="function")
    scope = _declared(name, kind, scope, function)
    return scope if sign is None else _assumed(page.Relation(node, sign, page.Num(0)), scope)


def _assumed(claim: page.Relation, scope: Scope) -> Scope:
    return scope if claim in scope.assumptions else scope.assume(claim)


def _declared(name: Name, kind: Kind, scope: Scope, function: bool) -> Scope:
    """The kind under the name as written, and under the letter where the indices may be any."""
    indices = name.indices
    old = scope.kind(name.base)
    own: dict[Node, Node] = {
        k: page.Sym(Numbered(place)) for place, k in enumerate(indices) if isinstance(k, page.Sym)
    }
    # a^{[l]} in R^{n_l}: the size goes with the index.
    shape = tuple(substitute(k, own) if isinstance(k, page.Indexed) else k for k in kind.shape)
    kind = replace(kind, shape=shape, arity=len(indices), rests=old.rests if old is not None else ())
    if indices and not function:
        scope = scope.declare(written(name.base, name.upper, name.lower, name.bracket), kind)
    generic = all(isinstance(k, page.Sym) and k.name in _CONVENTIONAL for k in indices)
    if not indices or (generic and (old is None or old.arity)):
        scope = scope.declare(name.base, kind)
    return scope


def _set(text: _Text, scope: Scope) -> tuple[Kind | None, str | None]:
    """The kind of the elements of a set, and a sign they have; None for a set of numbers."""
    source = str(text)
    if _INTEGER.match(source):
        return Kind(role="size" if "N" in source else "index"), None
    found = _REAL.match(source)
    if found:
        rest = text.part(found.start(1), len(source))
        return _real(rest, scope)
    listed = _SET.match(source)
    if listed:
        ends = _range(text.part(listed.start(1), listed.end(1)), scope)
        return (None, None) if ends is None else (Kind(role="index", lower=ends[0], upper=ends[1]), None)
    if re.match(r"\(0,\s*1\)$", source):
        return Kind(), ">"
    raise UnknownMeaning(
        "this set has no meaning here: write \\mathbb{R}^{n \\times d} or \\{1,\\dots,N\\}", text.span
    )


def _real(rest: _Text, scope: Scope) -> tuple[Kind, str | None]:
    """The dimensions after R: ``^{n \\times d}``, ``^d``, ``_{>0}``, ``^+``."""
    source = str(rest)
    if not source:
        return Kind(), None
    if re.search(r"\+\s*\+|>", source) or re.fullmatch(r"\^\s*\{?\s*\+\s*\}?", source):
        return Kind(), ">"
    if source.startswith("_"):
        return Kind(), ">="
    power = re.match(r"\^\s*", source)
    if power is None:
        raise UnknownMeaning("after \\mathbb{R} stand its dimensions", rest.span)
    start, end = power.end(), len(source)
    if source[start : start + 1] == "{" and source.endswith("}"):
        start, end = start + 1, end - 1
    return Kind(shape=tuple(d.read(scope) for d in _dimensions(rest.part(start, end)))), None


def _dimensions(text: _Text) -> list[_Text]:
    cut = text.split("\\times", ",")
    if cut is not None:
        return [*_dimensions(cut[0]), *_dimensions(cut[2])]
    source = str(text)
    if source.startswith("(") and source.endswith(")"):
        return [text.part(1, len(source) - 1)]
    return [text]


def _range(text: _Text, scope: Scope) -> tuple[Node, Node] | None:
    """``1,\\dots,N`` or ``1,2,3``; None for other numbers."""
    parts = _listed(text)
    dots = [k for k, p in enumerate(parts) if re.fullmatch(r"\\(?:l|c)?dots[bcmio]?|\.\.\.|…", str(p))]
    if dots:
        return parts[0].read(scope), parts[-1].read(scope)
    return None


# -- assume ---------------------------------------------------------------------------------------------


def _assume(text: _Text, scope: Scope) -> Scope:
    cut = text.split("\\in")
    if cut is not None:
        for name in _listed(cut[0]):
            scope = _kind(name, cut[2], scope)
        return scope
    node = text.read(scope)
    if isinstance(node, page.Relation):
        return scope.assume(node)
    if isinstance(node, page.Chain):
        for r in node.relations():
            scope = scope.assume(r)
        return scope
    raise ReadError("assume needs a relation", text.span)
