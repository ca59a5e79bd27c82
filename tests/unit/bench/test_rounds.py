"""Each gateway is tried before it is measured, and a load goes on in the row of tokens where it was."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
from bench import rounds
from bench.application import DOCUMENT
from bench.material import make_key
from bench.peers import Site
from bench.peers.plain_aiohttp import PlainAiohttp
from bench.peers.postern import Postern
from bench.results import Report, Results
from bench.rounds import Gun, Running, lacks_of, measure, try_out
from bench.workloads import WORKLOADS
from bench.wrk import Ammunition, Load

KEY = make_key("HS256")


class Verifying:
    name = "some"
    verifies = True


class Proxying(Verifying):
    verifies = False


@pytest.fixture
def gateway(tmp_path):
    """A gateway whose answers are made by a function of the token."""
    servers = []

    def run(answer, peer=Verifying):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = answer(self.headers["Authorization"])
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        site = Site(WORKLOADS["repeated"], tmp_path, server.server_port, 1, KEY, tmp_path)
        return Running(peer(), server.server_port, 0), site

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


def strict(authorization):
    """As a gateway must be."""
    try:
        jwt.decode((authorization or "").removeprefix("Bearer "), KEY.verifying, algorithms=["HS256"])
    except jwt.PyJWTError:
        return 401, b""
    return 200, DOCUMENT.encode()


def test_who_does_as_it_must_is_measured(gateway):
    """A good token passes, and nothing else."""
    try_out(*gateway(strict))


def test_who_lets_everything_through_is_not_measured(gateway):
    """A check of tokens that does nothing would look very fast."""
    with pytest.raises(ValueError, match="answers 200 where 401 must be"):
        try_out(*gateway(lambda _: (200, DOCUMENT.encode())))


def test_who_is_not_there_to_look_at_tokens_may_let_everything_through(gateway):
    """The plain proxy."""
    try_out(*gateway(lambda _: (200, DOCUMENT.encode()), Proxying))


def test_who_refuses_everything_is_not_measured(gateway):
    """A gateway that refuses every request is not measured."""
    with pytest.raises(ValueError, match="answers 401 where 200 must be"):
        try_out(*gateway(lambda _: (401, b"")))


def test_who_answers_something_else_is_not_measured(gateway):
    """An answer of another length is not the application's."""
    with pytest.raises(ValueError, match="answers 2 bytes where 429 must be"):
        try_out(*gateway(lambda _: (200, b"ok"), Proxying))


@pytest.fixture
def fired(monkeypatch):
    """The numbers of the first request of each load, which is not fired."""
    seen = []

    def fire(line, _seconds, _status):
        seen.append(int(line[-1]))
        return Load(1000, 1000.0, 1.0, 1.0, 1.0, 0)

    monkeypatch.setattr(rounds, "fire", fire)
    return seen


def test_no_token_comes_again_too_soon(fired, tmp_path):
    """Each load begins behind the last one, and behind what was on its way."""
    workload = WORKLOADS["new-HS256"]
    gun = Gun(workload, Ammunition(None, tmp_path, tmp_path), tmp_path)
    one = Running(Verifying(), 1, 0)
    for _ in range(3):
        gun.fire(one, 1.0)
    assert [0, 1064, 2128] == fired


def test_what_must_be_refused_depends_on_where_a_load_begins(monkeypatch, tmp_path):
    """Of whole requests each has its status; a gateway that looks at no token refuses none."""
    seen = []

    def fire(_line, _seconds, refusals):
        seen.append(refusals(2))
        return Load(2, 2.0, 1.0, 1.0, 1.0, 0)

    monkeypatch.setattr(rounds, "fire", fire)
    gun = Gun(WORKLOADS["mixed"], Ammunition(raw=tmp_path), tmp_path, (401, 401, 200))
    gun.fire(Running(Verifying(), 1, 0), 1.0)
    gun.fire(Running(Verifying(), 1, 0, next=2), 1.0)
    gun.fire(Running(Proxying(), 1, 0), 1.0)
    assert [(2, 64), (1, 64), (0, 0)] == seen


def test_a_failure_in_a_round_is_told(monkeypatch):
    """The others are measured all the same, and the run is not clean."""

    def broken(*_):
        raise ChildProcessError("wrk has failed")

    monkeypatch.setattr(Gun, "fire", broken)
    results, report = Results("repeated", "small", {"some": []}), Report("now", 1, {})
    gun = Gun(WORKLOADS["repeated"], Ammunition("t", None, None), None)
    measure(Running(Verifying(), 1, 0), gun, results, report, round_=0, say=lambda _: None)
    assert (["some in repeated: wrk has failed"], {"some": []}) == (report.failures, results.rounds)
    assert not json.loads(report.to_json())["clean"]


def test_what_only_a_service_says_is_measured_of_postern_alone():
    """The other gateways would do less for the same name."""
    lists, plain = WORKLOADS["lists"], WORKLOADS["repeated"]
    assert "is not set up for it" == lacks_of(PlainAiohttp(), lists)
    assert [None, None] == [lacks_of(PlainAiohttp(), plain), lacks_of(Postern(), lists)]
