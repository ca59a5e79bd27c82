"""`Consumer`: who calls."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from .types import SET, Group, Printable, Resource, Spec


class ConsumerSpec(Spec, frozen=True):
    """What a policy and the application may know of a consumer."""

    groups: Annotated[
        tuple[Group, ...],
        Meta(
            max_length=64,
            description="The groups that the consumer belongs to. "
            "A policy MAY allow a group instead of single consumers (`allow.groups`), and the application reads them, "
            "separated by commas, in the header X-Consumer-Groups. "
            "Example: [readers, billing]. Default: none.",
            extra_json_schema=SET,
        ),
    ] = ()
    custom_id: Annotated[
        Printable,
        Meta(
            description="An identifier of your own, such as the customer's number in another system. "
            "The application reads it in the header X-Consumer-Custom-Id; the gateway makes nothing of it. "
            "Behind a Service of another namespace, this namespace and a slash precede it. "
            'Put a number in quotes. Example: "42". Default: none, and then the header is not sent.'
        ),
    ] = field(name="customID", default="")


class Consumer(Resource, frozen=True):
    """Who calls: a person, a team or a program.

    A Consumer is known by its JWTCredentials, of which it may have several.
    The application reads its name in the header X-Consumer-Username, and policies may allow it by name or by group.
    In another namespace it counts only where a policy says so (`allow.namespaces`), and is `namespace/name` there.
    """

    spec: ConsumerSpec
