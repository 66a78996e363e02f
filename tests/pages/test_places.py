"""What the server goes by, whom it listens to, and where it says that it is."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from streamlit import config

from pages.lab import places
from pages.lab.places import LOOPBACK, Places
from pages.lab.text import load_words
from tricks.declaration import RefusedError

Options = Callable[..., None]


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Options:
    """Sets options of Streamlit's."""
    chosen: dict[str, Any] = {}
    original, was_set = config.get_option, config.is_manually_set
    monkeypatch.setattr(config, "get_option", lambda name: chosen[name] if name in chosen else original(name))
    monkeypatch.setattr(config, "is_manually_set", lambda name: name in chosen or was_set(name))

    def set_options(**values: Any) -> None:
        chosen.update({name.replace("_", ".", 1): value for name, value in values.items()})

    return set_options


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a few interfaces, called Desk."""

    def entry(address: str) -> Any:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return SimpleNamespace(family=family, address=address)

    link = SimpleNamespace(family=psutil.AF_LINK, address="02:fc:00:00:00:01")
    found = {
        "lo": ["127.0.0.1", "::1"],
        "wlan0": ["fd00::2", "fe80::1%wlan0", "192.168.1.10"],
        "eth0": ["10.1.2.3", "169.254.7.7"],
        "off0": ["172.16.0.1"],
    }
    addresses = {name: [link, *map(entry, texts)] for name, texts in found.items()}
    state = {name: SimpleNamespace(isup=name != "off0") for name in found}
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: addresses)
    monkeypatch.setattr(psutil, "net_if_stats", lambda: state)
    monkeypatch.setattr(socket, "gethostname", lambda: "Desk.school.example")


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://lab.example:8501", "lab.example:8501", True),
        ("https://lab.example", "lab.example:443", True),
        ("https://lab.example:443", "lab.example", True),
        ("http://Lab.example", "lab.EXAMPLE:80", True),
        ("https://lab.example", "lab.example:80", False),
        ("https://lab.example:8443", "lab.example", False),  # another port is another server's
        ("http://lab.example:8501", "lab.example:8502", False),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("https://[2001:db8::1]", "[2001:db8::1]", True),
        ("https://[2001:db8::1]", "[2001:db8::2]", False),
        ("http://lab.example", None, False),
        ("null", "", False),
        ("null", "null", False),
        ("http://[", "[", False),
        ("http://lab.example:port", "lab.example:port", False),
    ],
)
def test_a_page_is_at_home_where_host_and_port_are_its_own(origin: str, host: str | None, same: bool) -> None:
    assert places.is_same_place(origin, host) is same
    assert Places(origins=frozenset()).welcome(origin, host) is same


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("lab.example", "lab.example"),
        ("LAB.example.:8501", "lab.example"),
        ("127.0.0.1:8501", "127.0.0.1"),
        ("[::1]:8501", "::1"),
        ("[0:0::1]", "::1"),
        ("[::ffff:10.0.0.1]:80", "10.0.0.1"),
        (None, None),
        ("", None),
        (":8501", None),
        ("lab.example:port", None),
        ("lab.example:99999", None),
        ("me@localhost", None),
        ("localhost/evil", None),
        ("localhost?evil", None),
        ("localhost#evil", None),
        ("local\thost", None),
        ("[::1", None),
    ],
)
def test_a_host_is_a_name_with_a_port_or_none(host: str | None, name: str | None) -> None:
    assert places.name_of(host) == name


def test_origins_by_streamlits_rules(options: Options) -> None:
    def welcome(origin: str | None, host: str = "lab.example:8501") -> bool:
        return Places.from_settings().welcome(origin, host)

    options(server_enableCORS=True, server_corsAllowedOrigins=[])
    assert welcome("https://lab.example:8501") and welcome(None) and welcome("http://localhost:3000")
    assert not welcome("https://lab.example:8502") and not welcome("https://friend.example")
    options(server_corsAllowedOrigins=["https://friend.example", "http://["])
    assert welcome("https://friend.example")
    options(browser_serverAddress="front.example")
    assert welcome("https://front.example") and not welcome("https://other.example")
    options(server_enableCORS=False)
    assert welcome("https://anybody.example")


def test_alone_the_server_goes_by_the_names_of_this_machine_to_itself(machine: None, options: Options) -> None:
    options(server_address="127.0.0.1")
    own = Places.from_settings()
    assert own.hosts == LOOPBACK
    for host in ("localhost:8501", "LOCALHOST", "127.0.0.1:8501", "[::1]:8501"):
        assert own.have(host)
    strangers = ("desk", "192.168.1.10:8501", "lab.example", "localhost.lab.example", "127.0.0.1.lab.example", None)
    assert not any(own.have(host) for host in strangers)
    assert own.have("172.17.0.2:8501", "172.17.0.2") and not own.have("172.17.0.3", "172.17.0.2")
    assert own.have("172.17.0.2", "::ffff:172.17.0.2") and not own.have("", "")


@pytest.mark.parametrize("bound", [None, "0.0.0.0", "::"])
def test_open_to_others_it_goes_by_all_names_and_addresses_of_this_machine(
    bound: str | None, machine: None, options: Options
) -> None:
    options(server_address=bound)
    own = Places.from_settings()
    names = ("desk.school.example", "Desk:8501", "desk.local")
    for host in (*names, "192.168.1.10:8501", "10.1.2.3", "[fd00::2]:8501", "localhost"):
        assert own.have(host), host
    for stranger in ("lab.example", "192.168.1.11", "172.16.0.1", "169.254.7.7", "school.example"):
        assert not own.have(stranger), stranger


def test_at_one_address_it_goes_by_that_one(machine: None, options: Options) -> None:
    options(server_address="10.1.2.3")
    own = Places.from_settings()
    assert own.have("10.1.2.3:8501") and own.have("desk") and own.have("localhost")
    assert not own.have("192.168.1.10:8501")


def test_named_places_are_gone_by(monkeypatch: pytest.MonkeyPatch, options: Options) -> None:
    monkeypatch.setenv(places.PUBLIC_URL, "https://Lab.example:8443")
    options(server_corsAllowedOrigins=["https://friend.example"], browser_serverAddress="front.example")
    own = Places.from_settings()
    assert own.have("lab.example") and own.have("friend.example") and own.have("front.example:1")
    assert not own.have("other.example")
    assert own.welcome("https://lab.example:8443", "127.0.0.1:8501")  # of a proxy that does not pass on the host
    assert not own.welcome("http://lab.example:8443", "127.0.0.1:8501")
    assert not own.welcome("https://lab.example", "127.0.0.1:8501")


def test_streamlits_own_list_of_hosts_is_all_there_is(monkeypatch: pytest.MonkeyPatch, options: Options) -> None:
    options(server_allowedHosts=["*.school.example"])
    own = Places.from_settings()
    assert own.listed and own.have("lab.school.example:8501")
    assert not own.have("localhost:8501") and not own.have("10.0.0.1", "10.0.0.1")
    monkeypatch.setenv(places.PUBLIC_URL, "https://lab.school.example")
    assert Places.from_settings().have("lab.school.example")
    monkeypatch.setenv(places.PUBLIC_URL, "https://lab.example")
    said = r"server.allowedHosts must name the host of TRICK_LAB_PUBLIC_URL, lab.example, got \*.school.example"
    with pytest.raises(RefusedError, match=said):
        Places.from_settings()


@pytest.mark.parametrize(
    "text",
    [
        "lab.example", "lab.example:8501", "ftp://lab.example", "https://", "https://:8501", "https://lab.example:port",
        "https://me@lab.example", "https://lab.example?seed=1", "https://lab.example#top", "https://[::1",
    ],
)  # fmt: skip
def test_a_public_address_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(places.PUBLIC_URL, text)
    with pytest.raises(RefusedError) as refused:
        places.public_url()
    assert str(refused.value) == f"TRICK_LAB_PUBLIC_URL must be an address as https://lab.example.org, got {text!r}"


def test_a_public_address_is_under_the_base_path(monkeypatch: pytest.MonkeyPatch, options: Options) -> None:
    monkeypatch.delenv(places.PUBLIC_URL, raising=False)
    assert places.public_url() is None
    options(server_baseUrlPath="a/b")
    for text in ("https://lab.example", "https://lab.example/", "https://lab.example/a/b", "https://lab.example/a/b/"):
        monkeypatch.setenv(places.PUBLIC_URL, text)
        assert places.public_url() is not None
    for text in ("https://lab.example/a", "https://lab.example/a/b/c"):
        monkeypatch.setenv(places.PUBLIC_URL, text)
        with pytest.raises(RefusedError, match="must be that of STREAMLIT_SERVER_BASE_URL_PATH, /a/b, got 'https"):
            places.public_url()
    options(server_baseUrlPath="")
    with pytest.raises(RefusedError, match="STREAMLIT_SERVER_BASE_URL_PATH, which is empty, got"):
        places.public_url()


def test_what_people_can_type_is_told(machine: None, monkeypatch: pytest.MonkeyPatch, options: Options) -> None:
    labels = load_words("en").labels

    def told(**values: Any) -> list[str]:
        options(**values)
        return places.told_at_start(labels).splitlines()

    alone = [f"The lab is at http://localhost:{8501}", labels["start.alone"]]
    assert told(server_address="127.0.0.1", server_port=8501) == alone
    both = "http://192.168.1.10:8501, http://10.1.2.3:8501"
    assert told(server_address="0.0.0.0") == [alone[0], f"Others can type {both}"]
    assert told(server_address="::") == [alone[0], f"Others can type {both}, http://[fd00::2]:8501"]
    assert told(server_address=None) == [alone[0], f"Others can type {both}, http://[fd00::2]:8501"]
    tls = {"server_sslCertFile": "cert.pem", "server_port": 443}
    at = "https://10.1.2.3/a/b"
    assert told(server_address="10.1.2.3", server_baseUrlPath="/a/b/", **tls) == [
        f"The lab is at {at}",
        f"Others can type {at}",
    ]
    monkeypatch.setenv(places.PUBLIC_URL, "https://lab.example")
    public = "https://lab.example/a/b"
    assert told(server_address="127.0.0.1") == ["The lab is at https://localhost/a/b", f"Others can type {public}"]
    assert told(server_address="10.1.2.3")[1] == f"Others can type {public}, {at}"


def test_who_may_frame_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    def framers(text: str) -> str:
        monkeypatch.setenv(places.FRAME_ANCESTORS, text)
        return places.framers()

    assert framers("") == "'self'"
    assert framers("https://school.example, *.lab.example:*") == "'self' https://school.example *.lab.example:*"
    assert framers("'none'") == "'self'" and framers("*") == "'self' *" and framers("'self'") == "'self'"
    for wrong in ("https://school.example/path", "school.example;", "'unsafe'", "https:", "a b c_d"):
        with pytest.raises(RefusedError, match="TRICK_LAB_FRAME_ANCESTORS must be addresses as"):
            framers(wrong)


def test_which_proxies_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(places.PROXIES, raising=False)
    assert places.proxies() == ["127.0.0.1"]
    monkeypatch.setenv(places.PROXIES, "10.0.0.5, 192.168.0.0/16,fd00::1")
    assert places.proxies() == ["10.0.0.5", "192.168.0.0/16", "fd00::1"]
    monkeypatch.setenv(places.PROXIES, "*")
    assert places.proxies() == ["*"]
    for wrong in ("proxy.example", "10.0.0.300", "10.0.0.5/8"):
        monkeypatch.setenv(places.PROXIES, wrong)
        with pytest.raises(RefusedError, match="FORWARDED_ALLOW_IPS must be addresses and networks as"):
            places.proxies()
