"""Which gateways serve a folder: only a file that a run holds locked says so."""

from __future__ import annotations

import fcntl
import os

import pytest

from postern_cli import running_gateways as module
from postern_cli.running_gateways import Announcement, RunningGateway, running_gateways

LISTEN, ADMIN = "127.0.0.1:8080", "127.0.0.1:8081"


@pytest.fixture
def state(tmp_path):
    """A state folder that is not there yet."""
    return tmp_path / ".postern"


def test_a_gateway_is_known_as_long_as_it_runs(state):
    """Its file is private, and is kept out of version control."""
    assert () == running_gateways(state)
    with Announcement(state, "default") as announcement:
        assert () == running_gateways(state)
        announcement.say(LISTEN, ADMIN)
        assert (RunningGateway("default", LISTEN, ADMIN),) == running_gateways(state)
        modes = [path.stat().st_mode & 0o777 for path in (state, state / "running-default.json")]
        assert ([0o700, 0o600], "*\n") == (modes, (state / ".gitignore").read_text())
    assert () == running_gateways(state)


def test_it_may_be_said_again_with_other_addresses(state):
    """A file of an earlier run, which may be longer, is replaced."""
    with Announcement(state, "default") as announcement:
        announcement.say("[2001:db8::1]:8080", ADMIN)
    with Announcement(state, "default") as announcement:
        announcement.say(LISTEN, ADMIN)
        assert [LISTEN] == [it.listen for it in running_gateways(state)]


def test_of_two_runs_of_one_gateway_the_first_is_known(state, monkeypatch):
    """Gateways of other names are known beside it."""
    monkeypatch.setattr(module, "PAUSE_S", 0)
    with (
        Announcement(state, "default") as first,
        Announcement(state, "default") as second,
        Announcement(state, "x") as other,
    ):
        first.say(LISTEN, ADMIN)
        second.say("127.0.0.1:1", ADMIN)
        other.say("127.0.0.1:2", ADMIN)
        assert [LISTEN, "127.0.0.1:2"] == [it.listen for it in running_gateways(state)]


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_that_came_with_a_repository_names_nothing(state, mode):
    """Else requests with tokens could be sent to the address of another, who could also hold a lock on such a file."""
    state.mkdir()
    path = state / "running-default.json"
    path.write_text('{"gateway":"default","listen":"192.0.2.1:80","admin":"192.0.2.1:81"}')
    path.chmod(mode)
    assert () == running_gateways(state)
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert (mode == 0o600) == bool(running_gateways(state))


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_such_file_names_nothing_and_is_left_alone(state, make):
    """A FIFO is not waited for, and a link is not followed when it is written."""
    state.mkdir()
    make(state / "running-default.json")
    with Announcement(state, "default") as announcement:
        announcement.say(LISTEN, ADMIN)
        assert () == running_gateways(state)


def test_a_folder_that_can_t_be_written_to_is_served_all_the_same(tmp_path):
    """The gateway is not known then."""
    (tmp_path / "file").write_text("")
    with Announcement(tmp_path / "file" / ".postern", "default") as announcement:
        announcement.say(LISTEN, ADMIN)


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:80", "http://[::1]:80"),
        ("192.0.2.1:80", "http://192.0.2.1:80"),
    ],
)
def test_every_address_is_reached_by_loopback(listen, url):
    """A wildcard address is replaced by that of loopback."""
    gateway = RunningGateway("default", listen, listen)
    assert (url, url) == (gateway.url, gateway.admin_url)


def test_a_state_folder_behind_a_link_keeps_its_own_ignored_files(state, tmp_path):
    """A link that came with a repository may lead into another one, whose .gitignore is not ours."""
    other = tmp_path / "other"
    other.mkdir()
    (other / ".gitignore").write_text("build/\n")
    state.symlink_to(other)
    with Announcement(state, "default") as announcement:
        announcement.say(LISTEN, ADMIN)
        assert ["default"] == [it.gateway for it in running_gateways(state)]
    assert "build/\n" == (other / ".gitignore").read_text()
