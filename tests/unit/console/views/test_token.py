"""The page that makes a token, without a browser."""

from __future__ import annotations

import manifests
from postern_console.token_request import TokenRequest
from postern_console.views.token import routes_to_call, token_page, token_result
from postern_core.ref import Ref


def test_the_form_offers_what_the_credential_has(protected):
    """Its keys by id, the Routes that want a token, and a private key only where one signs."""
    protected.write(manifests.route("public", auth={"jwt": {"mode": "Disabled"}}), name="public.yaml")
    state = protected.state()
    page = token_page(state, state.objects[Ref("JWTCredential", "default", "alice")], TokenRequest(), {})
    assert ([], False, "alice", ["all"]) == tuple(
        page[name] for name in ("key_ids", "needs_private_key", "key", "routes")
    )


def test_a_route_of_another_namespace_is_not_offered(protected):
    """Its policy would not take the token."""
    assert {} == routes_to_call(protected.state(), "other")


def test_a_preview_has_no_token():
    """The template shows what is there."""
    assert {"payload": '{\n  "a": 1\n}', "token": "", "curl": "", "try": ""} == token_result({"a": 1})
