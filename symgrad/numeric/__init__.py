"""NumPy code from a gradient: ``symgrad.compile`` and ``symgrad.gradcheck``.

=========  ======================================================================
graph      arrays with named axes, in stable form
backward   the gradient, by the chain rule from the objective back
emit       a graph as NumPy source
program    a function of some outputs, written, read and run
compiled   ``compile``: arguments checked, gradient judged, code run
usercode   ``gradcheck``: somebody's own gradient code against the derived one
=========  ======================================================================
"""

from .compiled import Compiled, Evaluation, compile
from .usercode import GradCheck, gradcheck

__all__ = ["Compiled", "Evaluation", "GradCheck", "compile", "gradcheck"]
