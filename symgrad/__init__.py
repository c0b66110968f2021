"""symgrad: a compiler for derivations.

The modules, from the ground floor to the roof; each imports only from those above it:

=======================  ==========================================================================
patterns                 regular expressions compiled when first used
errors                   what can go wrong, each error carrying its data
shown                    results that show themselves
page                     the tree of what is written
scope, core, verdict     what is in force; the few terms the judge sees; what it says
show                     printers of a page: LaTeX, text
latex                    reader of LaTeX mathematics
kernel                   the judge: one function, ``judge``
kinds, tensors           what names stand for; vectors and matrices as index notation
elaborate, directives    page and scope to core terms; ``let`` and ``assume`` lines
judging                  written claims to verdicts
tidy                     expressions as one would rather write them
definitions, rules       names and their bodies; the named rules
derivation               derivations line by line
recognition              which rule explains a step that a human wrote
proving                  ``prove`` and ``derive``, the public verbs
notes, checking          documents; their derivations judged line by line
bridge                   SymPy to page and back (from here down SymPy and NumPy may be imported)
problems                 what is differentiated: models, losses, reductions
averaging                the gradient at the mean against the mean of the gradients
balls                    values of expressions at exact numbers and intervals, enclosed
separation, sufficiency  sums of the data, or the value of the loss, from which the gradient follows
jensen                   sign and size of the gap
gallery                  losses times models, and what can be said of each
numeric                  NumPy code from a gradient
drawing, reporting       pictures; report model into jinja2
weaving                  marked regions in notes, filled and kept true
cli_check, cli_compare   the verbs of their modules
cli_compile, cli_weave   the same, for code and notes
pytest_plugin, sphinx    derivations as tests; proofs in Sphinx and MyST pages
cli                      the verbs on the command line
=======================  ==========================================================================

Names below are imported when first used, so that ``import symgrad`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .averaging import Gap, gap
    from .bridge import sigma
    from .checking import check
    from .derivation import Derivation, Step
    from .errors import InputError, ReadError, ScopeError, ShapeError, SymgradError, UnknownMeaning
    from .jensen import JensenGap, jensen_gap
    from .numeric import Compiled, compile, gradcheck
    from .problems import Objective
    from .proving import derive, prove
    from .sufficiency import FromLoss, Statistics, gradient_from_loss, statistics
    from .verdict import Verdict, Witness

_HOME = {
    "Compiled": "numeric",
    "compile": "numeric",
    "Derivation": "derivation",
    "FromLoss": "sufficiency",
    "Gap": "averaging",
    "InputError": "errors",
    "JensenGap": "jensen",
    "Objective": "problems",
    "ReadError": "errors",
    "ScopeError": "errors",
    "ShapeError": "errors",
    "Statistics": "sufficiency",
    "Step": "derivation",
    "SymgradError": "errors",
    "UnknownMeaning": "errors",
    "Verdict": "verdict",
    "Witness": "verdict",
    "check": "checking",
    "derive": "proving",
    "gap": "averaging",
    "gradcheck": "numeric",
    "gradient_from_loss": "sufficiency",
    "jensen_gap": "jensen",
    "prove": "proving",
    "sigma": "bridge",
    "statistics": "sufficiency",
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
