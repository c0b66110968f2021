"""NumPy code from a gradient: ``symgrad.compile`` and ``symgrad.gradcheck``.

==============  ======================================================================
graph           arrays with named axes, in stable form
from_core       core terms to nodes, and back for the judge
gradient        the gradient, by the chain rule from the objective back
arguments       names, shapes and lengths of what the code is called with
emit            a graph as NumPy source
program         a function of some outputs, written, read and run
dask_sums       sums over dask arrays, where their blocks are
buffers         statements on a block, in as few arrays as they need
blocks          the same outputs in one pass over the samples, block by block
numba_loops     the same outputs as a fused loop for numba
moments         losses that need the data only through finitely many sums
evaluation      what comes back
code            arguments checked, gradient judged, programs written and run
bound           data given once; descent
compiled        ``compile``: the front door
gradient_check  somebody's own gradient code against the derived one
==============  ======================================================================
"""

from .bound import Bound, Descent
from .compiled import Compiled, compile
from .evaluation import Evaluation
from .gradient_check import GradCheck, gradcheck

__all__ = ["Bound", "Compiled", "Descent", "Evaluation", "GradCheck", "compile", "gradcheck"]
