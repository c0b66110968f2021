"""Weaving: marked regions in somebody's notes, filled with proofs and kept true.

A region stands between two comments of the document's own kind::

    <!-- symgrad:begin derive linear-regression --wrt m --label eq-fit -->
    ...
    <!-- symgrad:end sum=3f0c2a91 -->

The modules, each importing only those before it: ``regions`` where the marks are, ``flavors`` how a display
is written in GitHub, MyST, Quarto, LaTeX or RST, ``filling`` what a region's verb says, ``memory`` what was
filled before, ``files`` a document read, compared and replaced whole.

The sum tells an edit by hand from a region that has gone stale; it vouches for nothing: what a region
should hold is derived and judged anew, or remembered from a run of this very engine on this very input.
"""

from .files import State, Woven, weave_file, weave_text

__all__ = ["State", "Woven", "weave_file", "weave_text"]
