"""What the user may do, as the API server itself says; each answer holds for half a minute."""

from __future__ import annotations

import time

from kubernetes.aio.client import ApiClient

from postern_core.kinds import API_VERSION, KINDS
from postern_core.ref import Ref

from .api_write import Refusal, create

PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
GROUP = API_VERSION.partition("/")[0]
KEPT_S = 30.0
# Beyond this many answers all are forgotten.
ANSWERS_MAX = 2_000


class AccessReviews:
    """Asks, verb by verb and namespace by namespace; "" are all namespaces."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, Ref], tuple[float, bool]] = {}

    async def may(self, api: ApiClient, verb: str, ref: Ref) -> bool:
        """Whether the user may, with one object or without a name with all of a kind.

        Where that can't be asked it is true: the API server decides again when it is done.
        """
        now_s, key = time.monotonic(), (verb, ref)
        known = self._answers.get(key)
        if known is None or now_s - known[0] > KEPT_S:
            if len(self._answers) >= ANSWERS_MAX:
                self._answers.clear()
            known = self._answers[key] = (now_s, await _ask(api, verb, ref))
        return known[1]


async def _ask(api: ApiClient, verb: str, ref: Ref) -> bool:
    is_ours = ref.kind in KINDS
    attributes = {
        "verb": verb,
        "group": GROUP if is_ours else "",
        "resource": KINDS[ref.kind].plural if is_ours else f"{ref.kind.lower()}s",
        "namespace": ref.namespace,
        "name": ref.name,
    }
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    answer = await create(api, PATH, review | {"spec": {"resourceAttributes": attributes}})
    return isinstance(answer, Refusal) or bool(answer.get("status", {}).get("allowed"))
