"""Providers that rotate their keys without any overlap: how long tokens are refused, with two replicas under load."""

from __future__ import annotations

import time

import raw
from fetched_issuers import HOST, applied, fetching, protected, token_issuer
from load import Load
from postern_operator.issuer_keys.schedule import HINT_EVERY_S

# Each is measured once; a policy may name sixteen issuers.
ISSUERS = 12
# Generous, for machines that do other work beside; what was measured is in docs/issuer-keys.md.
AT_MOST_S = 15.0


def ask(address, token):
    request = f"GET /x HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    return raw.ask(address, request).status


def until_accepted(addresses, token):
    """Use a token at all replicas until each takes it; gives how long that took, and how often it was refused."""
    began, refused, waiting = time.monotonic(), 0, list(addresses)
    while waiting:
        assert time.monotonic() - began < AT_MOST_S, "the token is never accepted"
        for address in tuple(waiting):
            status = ask(address, token)
            assert status in {200, 401}, status
            refused += status == 401
            if status == 200:
                waiting.remove(address)
        time.sleep(0.01)
    return time.monotonic() - began, refused


def test_a_rotation_without_overlap_is_over_in_seconds(crds, kubectl, tmp_path, upstream):
    """Refused tokens lead to a fetch for each rotation, and tokens of no other issuer are refused meanwhile."""
    with fetching(kubectl, tmp_path, "demo") as (installation, [namespace], provider):
        addresses = [installation.listen]
        admins = [installation.admin]
        installation.start_data_plane("second")
        addresses.append(installation.listen)
        installation.announce(*admins, installation.admin)
        names = [f"idp-{number}" for number in range(ISSUERS)]
        for name in (*names, "steady"):
            provider.rotate(name)
        issuers = [token_issuer(name, namespace, provider) for name in (*names, "steady")]
        applied(kubectl, *protected(namespace, upstream, *issuers))
        for address in addresses:
            for name in (*names, "steady"):
                token = provider.token(name)
                raw.until(lambda: ask(address, token) == 200, f"the keys of {name}")  # noqa: B023 # it is over by then

        steady = provider.token("steady")
        with Load(lambda: ask(addresses[0], steady)) as load:
            measured = list(rotations(provider, names, addresses))
        report(measured)
        assert [] == load.failed
        # Tokens that were refused before the new keys were served hint once more, 30 seconds later.
        assert all(2 <= provider.asked(name) <= 3 for name in names)
        assert 1 == provider.asked("steady")


def rotations(provider, names, addresses):
    """Rotate the keys of each issuer, one after the other."""
    # No hint counts earlier, so that strangers can't make the operator fetch.
    time.sleep(HINT_EVERY_S + 2)
    for name in names:
        provider.rotate(name)
        yield until_accepted(addresses, provider.token(name))


def report(measured):
    times = sorted(took for took, _ in measured)
    refused = [count for _, count in measured]
    at = {share: times[min(len(times) - 1, int(share * len(times)))] for share in (0.5, 0.99)}
    print(  # noqa: T201 # how long it takes is what the test is for
        f"{len(times)} rotations: p50 {at[0.5]:.2f} s, p99 {at[0.99]:.2f} s, "
        f"refused requests {min(refused)} to {max(refused)}, {sum(refused)} in all"
    )
