"""symgrad: a compiler for derivations.

The packages and modules, from the ground to the outside; each imports only those before it:

==============  ================================================================================
patterns        regular expressions compiled when first used
errors          what can go wrong, each error carrying its data
notebook        results that display themselves
names           names that symgrad makes itself, each knowing of what
core            the few terms the judge sees
functions       the elementary functions, a row each
reasons         why something is wrong or not decided, a class each
page            the tree of what is written: names, relations, what is in force, printers
latex           reader of LaTeX mathematics
kernel          what defined, equal and refuted mean: domains, derivatives, values, verdicts
prover          the judge: one function, ``judge``
documents       notes in Markdown, TeX, reStructuredText and notebooks, down to relation signs
meaning         page to core terms: what names stand for, readings, directives
deriving        named rules; derivations line by line; which rule explains a line
proving         ``prove`` and ``derive``, the public verbs
checking        documents, their derivations judged line by line
bridge          SymPy to page and back (from here down SymPy and NumPy may be imported)
objective       what is differentiated
losses          the library of losses; averages, sums of the data, the size of the gap
numeric         NumPy code from a gradient
reporting       report model into jinja2
weaving         marked regions in notes, filled and kept true
pytest_plugin   derivations as tests
sphinx          proofs in Sphinx and MyST pages
cli             the verbs on the command line
==============  ================================================================================

Names below are imported when first used, so that ``import symgrad`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bridge import sigma
    from .checking import check
    from .deriving.derivation import Derivation, Step
    from .errors import InputError, ReadError, ScopeError, ShapeError, SymgradError, UnknownMeaning
    from .kernel.verdict import Verdict, Witness
    from .losses.averaging import Gap, gap
    from .losses.jensen import JensenGap, jensen_gap
    from .losses.sufficiency import FromLoss, Statistics, gradient_from_loss, statistics
    from .numeric import Compiled, compile, gradcheck
    from .objective import Objective
    from .proving import derive, prove

_HOME = {
    "Compiled": "numeric",
    "compile": "numeric",
    "Derivation": "deriving.derivation",
    "FromLoss": "losses.sufficiency",
    "Gap": "losses.averaging",
    "InputError": "errors",
    "JensenGap": "losses.jensen",
    "Objective": "objective",
    "ReadError": "errors",
    "ScopeError": "errors",
    "ShapeError": "errors",
    "Statistics": "losses.sufficiency",
    "Step": "deriving.derivation",
    "SymgradError": "errors",
    "UnknownMeaning": "errors",
    "Verdict": "kernel.verdict",
    "Witness": "kernel.verdict",
    "check": "checking",
    "derive": "proving",
    "gap": "losses.averaging",
    "gradcheck": "numeric",
    "gradient_from_loss": "losses.sufficiency",
    "jensen_gap": "losses.jensen",
    "prove": "proving",
    "sigma": "bridge",
    "statistics": "losses.sufficiency",
}

__all__ = [
    "Compiled", "Derivation", "FromLoss", "Gap", "InputError", "JensenGap", "Objective", "ReadError",
    "ScopeError", "ShapeError", "Statistics", "Step", "SymgradError", "UnknownMeaning", "Verdict",
    "Witness", "check", "compile", "derive", "gap", "gradcheck", "gradient_from_loss", "jensen_gap", "prove",
    "sigma", "statistics",
]  # fmt: skip

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'symgrad' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value
