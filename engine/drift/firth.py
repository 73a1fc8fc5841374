"""Logistic regression that survives separation: Firth's penalised likelihood.

Where one side of an element shows no failure at all, the usual estimate of its effect is infinite and
its interval says nothing; with seeds this is the rule and not the exception. Firth's penalty, half the
logarithm of the information's determinant, keeps the estimate finite and less biased, and the profile
of the penalised likelihood gives an interval that need not be symmetric.

Sources: D. Firth, "Bias reduction of maximum likelihood estimates", Biometrika 80 (1993); G. Heinze,
M. Schemper, "A solution to the problem of separation in logistic regression", Statistics in Medicine
21 (2002), whose penalised likelihood ratio test and profile intervals these are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

from engine.drift.interval import ALPHA

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

_NEWTON_STEPS = 100
_LARGEST_STEP = 5.0
"""Of one coefficient in one Newton step, as in Heinze and Schemper's programs."""
_HALVINGS = 30
_FLAT = 1e-6
"""A gradient below this is none: the likelihood is then within its square of the highest."""
_ROOT_STEPS = 60
_DOUBLINGS = 12


class FirthFit:
    """A fit to binomial counts, with profiles of its coefficients on demand.

    numpy is imported by the first fit and not before: the console starts without it.
    """

    def __init__(
        self,
        design: Sequence[Sequence[float]] | Floats,
        successes: Sequence[int],
        trials: Sequence[int],
    ) -> None:
        """`design`: [rows, parameters], the intercept's column among them; `successes`: of so many
        `trials` in each row.

        Raises `ValueError` for columns that are not independent, and where nothing was tried.
        """
        import numpy as np

        self._x: Floats = np.asarray(design, dtype=np.float64)
        self._y: Floats = np.asarray(successes, dtype=np.float64)
        self._n: Floats = np.asarray(trials, dtype=np.float64)
        rows, parameters = self._x.shape
        tried = self._x[self._n > 0]
        if not len(tried) or np.linalg.matrix_rank(tried) < parameters:
            raise ValueError(
                f"a design of {rows} rows and {parameters} parameters: its columns are not "
                "independent where anything was tried; leave out the aliased ones"
            )
        self._found = self._maximise(np.zeros(parameters), np.ones(parameters, dtype=bool))
        self.log_likelihood = self._penalised(self._found)
        """Penalised, at the maximum."""

    @property
    def coefficients(self) -> tuple[float, ...]:
        """Log-odds, one for each column."""
        return tuple(map(float, self._found))

    @property
    def covariance(self) -> Floats:
        """Of the coefficients, [parameters, parameters]: the inverse of Fisher's information."""
        import numpy as np

        inverse: Floats = np.linalg.inv(self._information(self._found)[0]).astype(np.float64)
        return inverse

    def interval(self, column: int, alpha: float = ALPHA) -> tuple[float, float]:
        """The values that the penalised likelihood ratio test at `alpha` does not reject.

        For one look at the data, decided on before: not for watching.
        """
        enough = NormalDist().inv_cdf(1 - alpha / 2)
        return self._end(column, -1, enough), self._end(column, 1, enough)

    def p_value(self, column: int) -> float:
        """Of the penalised likelihood ratio test that a coefficient is 0; for one look."""
        return math.erfc(self._root(column, 0.0, self._found)[0] / math.sqrt(2))

    def _end(self, column: int, side: int, enough: float) -> float:
        """Where the signed root of the likelihood ratio, nearly straight in the value, is enough."""
        best = float(self._found[column])
        spread = math.sqrt(float(self.covariance[column, column]))
        inner, inner_root = best, 0.0
        outer = best + side * enough * spread
        outer_root, start = self._root(column, outer, self._found)
        for _ in range(_DOUBLINGS):
            if outer_root >= enough:
                break
            inner, inner_root = outer, outer_root
            outer = best + 2 * (outer - best)
            outer_root, start = self._root(column, outer, start)
        else:
            return side * math.inf
        for _ in range(_ROOT_STEPS):
            share = (enough - inner_root) / (outer_root - inner_root)
            middle = inner + min(max(share, 0.05), 0.95) * (outer - inner)
            root, start = self._root(column, middle, start)
            if abs(root - enough) < 1e-7:
                return middle
            if root < enough:
                inner, inner_root = middle, root
            else:
                outer, outer_root = middle, root
        return outer

    def _root(self, column: int, value: float, start: Floats) -> tuple[float, Floats]:
        held = self._held(column, value, start)
        return math.sqrt(max(0.0, 2 * (self.log_likelihood - self._penalised(held)))), held

    def _held(self, column: int, value: float, start: Floats) -> Floats:
        import numpy as np

        free = np.ones(len(start), dtype=bool)
        free[column] = False
        moved = start.copy()
        moved[column] = value
        return self._maximise(moved, free)

    def _maximise(self, beta: Floats, free: NDArray[np.bool_]) -> Floats:
        """Climb to the highest penalised likelihood over the free coefficients.

        The penalty is that of the whole design, held coefficients included.
        """
        import numpy as np

        height = self._penalised(beta)
        for _ in range(_NEWTON_STEPS):
            information, chances, weights = self._information(beta)
            halves = np.linalg.solve(information, self._x.T).T
            leverage = weights * (halves * self._x).sum(axis=1)
            score = self._x.T @ (self._y - self._n * chances + leverage * (0.5 - chances))
            score = score[free]
            if not len(score) or np.abs(score).max() < _FLAT:
                return beta
            step = np.linalg.solve(information[np.ix_(free, free)], score)
            step *= min(1.0, _LARGEST_STEP / float(np.abs(step).max()))
            for _ in range(_HALVINGS):
                moved = beta.copy()
                moved[free] += step
                reached = self._penalised(moved)
                if reached > height:
                    break
                step /= 2
            else:
                # No step climbs any more: the last bits of a double are noise.
                return beta
            beta, height = moved, reached
        return beta

    def _information(self, beta: Floats) -> tuple[Floats, Floats, Floats]:
        """Fisher's information, the rows' chances, and their weights in it."""
        import numpy as np

        chances: Floats = 1 / (1 + np.exp(-np.clip(self._x @ beta, -30, 30)))
        weights: Floats = self._n * chances * (1 - chances)
        information: Floats = (self._x.T * weights) @ self._x
        return information, chances, weights

    def _penalised(self, beta: Floats) -> float:
        import numpy as np

        at = self._x @ beta
        likelihood = float(self._y @ at - self._n @ np.logaddexp(0, at))
        sign, determinant = np.linalg.slogdet(self._information(beta)[0])
        return likelihood + 0.5 * float(determinant) if sign > 0 else -math.inf
