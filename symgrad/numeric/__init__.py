"""NumPy code from a gradient: ``symgrad.compile`` and ``symgrad.gradcheck``.

==========  ======================================================================
graph       arrays with named axes, in stable form
reading     core terms to nodes, and back for the judge
backward    the gradient, by the chain rule from the objective back
emit        a graph as NumPy source
program     a function of some outputs, written, read and run
cluster     sums over dask arrays, where their blocks are
kernels     the same outputs in one pass over the samples, block by block
loops       the same outputs as a fused loop for numba
moments     losses that need the data only through finitely many sums
evaluation  what comes back
bound       data given once; descent
compiled    ``compile``: arguments checked, gradient judged, code run
usercode    ``gradcheck``: somebody's own gradient code against the derived one
==========  ======================================================================
"""

from .bound import Bound, Descent
from .compiled import Compiled, compile
from .evaluation import Evaluation
from .usercode import GradCheck, gradcheck

__all__ = ["Bound", "Compiled", "Descent", "Evaluation", "GradCheck", "compile", "gradcheck"]
