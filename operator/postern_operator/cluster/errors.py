"""What can go wrong between the operator and the API server, or a data plane that it asks.

ClusterError           (an OperatorError)
    RefusedError       the API server has answered, and the answer is no
    UnreachableError   there was no answer, or none that can be read
    NotLeadingError    another replica acts, so nothing was asked

All of them may be retried: nothing that was asked for is half done, and asking
again is harmless.  A message never holds what was sent or answered, for it may
be a secret.
"""

from __future__ import annotations

from http import HTTPStatus

from postern_core.codec import Shard
from postern_operator.errors import OperatorError

# In words of the API server, which has no reason of its own for it.
QUOTA = "exceeded quota"
# A token that is being renewed, a slow server, a concurrent write, too many requests.
PASSING = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
)


class ClusterError(OperatorError):
    """The root of the tree."""


class RefusedError(ClusterError):
    """An answer that is no success.

    `reason` is Kubernetes' own word, such as AlreadyExists, "" where it gave none;
    `shard` is the part of a snapshot that was refused, None for all else;
    `retry_after_s` is how long it asks us to stay away, None where it doesn't.
    """

    def __init__(self, what: str, status: int, reason: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(f"{what}: {status} {reason}".rstrip())
        self.status = status
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.shard: Shard | None = None

    @property
    def is_of_quota(self) -> bool:
        """Whether it is the number or size of all objects of a namespace that was refused."""
        return QUOTA in self.reason

    @property
    def is_lasting(self) -> bool:
        """Whether the same request would be refused again: something about it must change first."""
        return 400 <= self.status < 500 and self.status not in PASSING


class UnreachableError(ClusterError):
    """No answer: the connection failed, or took too long."""


class NotLeadingError(ClusterError):
    """This replica does not act."""
