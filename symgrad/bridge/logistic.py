"""σ as a SymPy function that stays folded: SymPy itself has no logistic function."""

from __future__ import annotations

from typing import Any

import sympy

Expr = Any  # SymPy carries no types: an Expr here is a sympy.Expr


class sigma(sympy.Function):  # type: ignore[misc]
    r"""The logistic function σ(z) = 1/(1 + e^{-z}), kept as it is until asked to rewrite.

    >>> z = sympy.Symbol("z")
    >>> sigma(z).diff(z), sigma(z).rewrite(sympy.exp), sympy.latex(sigma(z))
    ((1 - sigma(z))*sigma(z), 1/(1 + exp(-z)), '\\sigma\\left(z\\right)')
    """

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return self * (1 - self)

    def _eval_rewrite_as_exp(self, arg: Expr, **hints: object) -> Expr:
        return 1 / (1 + sympy.exp(-arg))

    def _eval_evalf(self, prec: int) -> Expr:
        return self.rewrite(sympy.exp)._eval_evalf(prec)

    def _eval_is_extended_real(self) -> bool | None:
        return True if self.args[0].is_extended_real else None

    def _eval_is_positive(self) -> bool | None:
        return True if self.args[0].is_real else None

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\sigma{power}\left({printer._print(self.args[0])}\right)"
