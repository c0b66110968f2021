"""Losses: a library of named ones, and when a gradient may be had from an average.

The modules, each importing only those before it: ``library`` (models, losses, problems by name),
``averaging`` (the gradient at the mean against the mean of the gradients), ``balls`` (values of expressions
at exact numbers and intervals, enclosed), ``separation`` and ``sufficiency`` (sums of the data, or the value
of the loss, from which the gradient follows), ``jensen`` (sign and size of the gap), ``gallery`` (losses
times models, and what can be said of each).
"""
