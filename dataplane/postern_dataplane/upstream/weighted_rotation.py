"""Numbers in turn, each as often as its weight says, as nginx's smooth weighted round robin has it."""

from __future__ import annotations


class WeightedRotation:
    """The turns of some weights, of which one at least is above 0; a number with weight 0 has none.

    Evenly spread and exact: of as many turns as the sum of the weights, each number has as many as its weight.
    """

    __slots__ = ("_balances", "_total", "weights")

    def __init__(self, weights: tuple[int, ...]) -> None:
        self.weights = weights
        self._total = sum(weights)
        self._balances = [0] * len(weights)

    def next(self) -> int:
        """The number whose turn it is."""
        balances = self._balances
        chosen, most = 0, 0
        for number, weight in enumerate(self.weights):
            balances[number] = balance = balances[number] + weight
            if balance > most:
                chosen, most = number, balance
        balances[chosen] -= self._total
        return chosen
