"""Names on both sides: ``theta`` in SymPy is ``\\theta`` on paper."""

from __future__ import annotations

import re

from ..errors import InputError

_GREEK = frozenset(re.findall(r"\w+", """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi
    psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega varepsilon vartheta varphi varrho
    varsigma ell
"""))
_ACCENTS = {"hat": "hat", "bar": "bar", "tilde": "tilde", "vec": "vec", "bold": "mathbf"}
_DECORATIONS = frozenset([*_ACCENTS.values(), "dot", "boldsymbol", "mathcal", "mathrm", "mathbb", "mathsf"])
CONSTANTS = frozenset({"e", "\\pi", "\\infty"})


def page_name(name: str) -> str:
    """The LaTeX name of a SymPy name; names that are already LaTeX (``\\mathcal{L}``) are kept.

    >>> [page_name(n) for n in ("x", "theta", "ybar", "MSE", "x_1", "x1", "alpha_1_k")]
    ['x', '\\\\theta', '\\\\bar{y}', '\\\\mathrm{MSE}', 'x_{1}', 'x_{1}', '\\\\alpha_{1,k}']
    """
    found = re.fullmatch(r"([A-Za-z]+)(\d*)((?:_[A-Za-z0-9]+)*)", name)
    if found is None:
        if _is_latex_name(name):
            return name
        raise InputError(f"{name!r} is no name that can be printed: use letters, digits and one '_'")
    head, digits, tail = found.groups()
    if tail:
        subs = ",".join(s if s.isdigit() else _letters(s) for s in tail[1:].split("_"))
        return f"{_letters(head + digits)}_{{{subs}}}"
    if digits:
        base = _letters(head)
        return f"\\mathrm{{{name}}}" if base.startswith("\\mathrm") else f"{base}_{{{digits}}}"
    return _letters(head)


def _letters(word: str) -> str:
    if len(word) == 1:
        return word
    if word in _GREEK:
        return "\\" + word
    for ending, command in _ACCENTS.items():
        stem = word.removesuffix(ending)
        if stem != word and (stem in _GREEK or (len(stem) == 1 and stem.isalpha())):
            return f"\\{command}{{{_letters(stem)}}}"
    return f"\\mathrm{{{word}}}"


def _is_latex_name(name: str) -> bool:
    commands = re.findall(r"\\([A-Za-z]+)", name)
    return (
        re.fullmatch(r"(?:\\?[A-Za-z]+|[A-Za-z0-9{}_,'])+", name) is not None
        and all(c in _GREEK or c in _DECORATIONS for c in commands)
        and (bool(commands) or re.fullmatch(r"[A-Za-z](?:_\{[A-Za-z0-9,]+\})?'*", name) is not None)
        and _balanced(name)
    )


def _balanced(name: str) -> bool:
    depth = 0
    for c in name:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    return depth == 0


def sympy_name(name: str) -> str:
    """The SymPy name behind a page name: ``page_name(sympy_name(n)) == n`` for every printable n.

    >>> [sympy_name(n) for n in ("\\\\theta", "\\\\bar{y}", "x_{1}", "\\\\mathcal{L}")]
    ['theta', 'ybar', 'x_1', '\\\\mathcal{L}']
    """
    plain = name
    for ending, command in _ACCENTS.items():
        plain = re.sub(rf"\\{command}\{{(\\?[A-Za-z]+)\}}", rf"\1{ending}", plain)
    plain = re.sub(r"\\mathrm\{([A-Za-z0-9]+)\}", r"\1", plain)
    plain = re.sub(r"\\([A-Za-z]+)", r"\1", plain)
    plain = re.sub(r"_\{([A-Za-z0-9,]+)\}", lambda g: "_" + g[1].replace(",", "_"), plain)
    try:
        return plain if page_name(plain) == name else name
    except InputError:
        return name
