"""NumPy code from a gradient: ``symgrad.compile`` and ``symgrad.gradcheck``.

=========  ======================================================================
graph      arrays with named axes, in stable form
backward   the gradient, by the chain rule from the objective back
emit       a graph as NumPy source
compiled   ``compile``: arguments checked, gradient judged, code run
=========  ======================================================================
"""

from .compiled import Compiled, Evaluation, compile

__all__ = ["Compiled", "Evaluation", "compile"]
