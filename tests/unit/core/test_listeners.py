"""Listeners as settings write them."""

from __future__ import annotations

import re

import pytest

from postern_core.listeners import OWN_PORTS, bind_port_of, check_listeners, read_listener
from postern_core.snapshot_listeners import Listener


@pytest.mark.parametrize(
    ("text", "listener"),
    [
        ("internal=http://*:8081", Listener("Listener/g/internal", "HTTP", 8081, 8081)),
        ("a-1=https://*.a.example.com:443", Listener("Listener/g/a-1", "HTTPS", 443, 443, "*.a.example.com")),
        ("o=http://a:80?redirect=443", Listener("Listener/g/o", "HTTP", 80, 80, "a", 443)),
    ],
)
def test_a_listener_is_read(text, listener):
    """As a URL with a name, `*` standing for every host."""
    assert listener == read_listener(text, "g")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://*:8081", "is not a listener such as"),
        ("a=tcp://*:8081", "is not a listener such as"),
        ("A=http://*:8081", "is not a listener such as"),
        ("a=http://*:8081/", "is not a listener such as"),
        ("a=http://*", "is not a listener such as"),
        ("a=http://*:0", "0 is not a port"),
        ("a=http://*:65536", "65536 is not a port"),
        ("a=http://*:80?redirect=0", "0 is not a port"),
        ("a=http://Example.com:80", "neither * nor a host name"),
        ("a=http://a.*:80", "neither * nor a host name"),
        (f"a=http://{'a.' * 127}a:80", "neither * nor a host name"),
        ("a=https://*:443?redirect=8443", "over HTTPS already"),
    ],
)
def test_what_is_no_listener_is_refused(text, words):
    """With what was expected, or with the part that is wrong."""
    with pytest.raises(ValueError, match=re.escape(words)):
        read_listener(text, "g")


@pytest.mark.parametrize(("port", "bound"), [(80, 10080), (443, 10443), (1023, 11023), (1024, 1024), (8081, 8081)])
def test_a_pod_listens_where_a_container_may(port, bound):
    """A public port below 1024 is another one within the pod."""
    assert bound == read_listener(f"a=http://*:{port}", "g", bind_port_of).bind_port


def test_the_ports_of_a_pod_itself_are_not_used():
    """A listener for one of them is shifted, and none is shifted onto one."""
    assert OWN_PORTS.isdisjoint({bind_port_of(port) for port in range(1, 55_000)})


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["a=http://*:81", "a=http://*:82"], "'a' is given twice"),
        (["a=http://*:81", "b=http://*:81"], "both are for every host at port 81"),
        (["a=http://x:81", "b=http://x:81?redirect=1"], "both are for x at port 81"),
        (["a=http://x:81", "b=https://y:81"], "port 81 has one protocol"),
        (["a=http://x:81", "b=http://x:10081"], "listens on 10081 for both ports 81 and 10081"),
    ],
)
def test_listeners_that_do_not_go_together_are_refused(texts, words):
    """With the names of both."""
    with pytest.raises(ValueError, match=re.escape(words)):
        check_listeners([read_listener(text, "g", bind_port_of) for text in texts])


def test_listeners_of_one_port_may_differ_by_hostname():
    """Listeners of one hostname may differ by port as well."""
    texts = ["a=http://*:81", "b=http://x:81", "c=http://*.x:81", "d=http://x:82", "e=https://x:83"]
    check_listeners([read_listener(text, "g", bind_port_of) for text in texts])
