"""What a data plane says that it serves."""

from __future__ import annotations

import http.server
import threading

import pytest

from postern_operator.local.admin_client import served_digest


@pytest.fixture
def admin():
    """An admin port that answers with what `answers` holds for the path."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(server.answers.get(self.path, b""))

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "digest"),
    [
        (b'{"digest": "abc", "workers": []}', "abc"),
        (b'{"digest": null}', None),
        (b"{}", None),
        (b"[1", None),
        (b"\xff", None),
    ],
)
async def test_the_digest_is_what_all_workers_serve(admin, answer, digest):
    """None as long as they differ, and for what can't be read."""
    admin.answers = {"/config": answer}

    assert digest == await served_digest(*admin.server_address)


async def test_nobody_serves_where_nobody_answers(admin):
    """A data plane that is just being started is none yet."""
    host, port = admin.server_address
    admin.shutdown()
    admin.socket.close()

    assert await served_digest(host, port) is None
