"""What the server goes by, and the addresses that people can type: looked up once, at the start, asking no network.

A browser can be made to show a stranger's page under any name that points at this machine, and that page would then be
at home here. So the server answers only as what it knows that it is called.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

import psutil
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from pages.lab.files import base_path
from tricks.declaration import RefusedError

PUBLIC_URL = "TRICK_LAB_PUBLIC_URL"
FRAME_ANCESTORS = "TRICK_LAB_FRAME_ANCESTORS"
PROXIES = "FORWARDED_ALLOW_IPS"  # as the web server itself calls it

PORTS = {"http": 80, "https": 443}
IPV4 = "0.0.0.0"  # noqa: S104 - a name to compare with, not an address to serve
EVERYWHERE = frozenset({"", "::", IPV4})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NEIGHBORS = LOOPBACK | {IPV4}  # pages of this machine, whatever their port
FRAMER = re.compile(r"'self'|'none'|\*|(https?://)?(\*\.)?[a-z\d-]+(\.[a-z\d-]+)*(:(\d{1,5}|\*))?", re.IGNORECASE)


@dataclass(frozen=True)
class Places:
    """Where the server may be asked, and which pages it listens to.

    `hosts` are names and addresses; with `listed` Streamlit's `server.allowedHosts` are all there are. `origins` are
    names of other places whose pages are let in, `public` is the address that people type.
    """

    hosts: frozenset[str] = LOOPBACK
    origins: frozenset[str] = NEIGHBORS
    public: SplitResult | None = None
    listed: bool = False

    @classmethod
    def from_settings(cls) -> Places:
        """What the settings and this machine say.

        Raises:
            RefusedError: `TRICK_LAB_PUBLIC_URL` is no address, or one whose host is not allowed.
        """
        public, allowed = public_url(), config.get_option("server.allowedHosts")
        if public is not None and not is_host_allowed(public.netloc):
            sentence = f"server.allowedHosts must name the host of {PUBLIC_URL}, {public.hostname}"
            raise RefusedError(f"{sentence}, got {', '.join(allowed)}")
        friends = {_host_in(origin) for origin in config.get_option("server.corsAllowedOrigins")} - {""}
        if config.is_manually_set("browser.serverAddress"):
            friends.add(alike(config.get_option("browser.serverAddress")))
        hosts = LOOPBACK | friends | own_hosts(config.get_option("server.address") or "")
        if public is not None:
            hosts |= {alike(public.hostname or "")}
        return cls(hosts, NEIGHBORS | friends, public, bool(allowed))

    def have(self, host: str | None, here: str | None = None) -> bool:
        """Whether the server goes by what the header `Host` says; `here` is the address that the connection came to."""
        if self.listed:
            return is_host_allowed(host)
        name = name_of(host)
        return name is not None and (name in self.hosts or name == alike(here or ""))

    def welcome(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of `origin` may talk to the server as `host`: by the rules of Streamlit's own socket.

        Without its look-up of the machine's address outside, which would let anybody make the server ask the network.
        """
        if origin is None or not config.get_option("server.enableCORS"):
            return True
        try:
            page = urlsplit(origin)
        except ValueError:
            return False
        if self.public is not None and page.scheme == self.public.scheme and is_same_place(origin, self.public.netloc):
            return True
        return is_same_place(origin, host) or page.hostname in self.origins


def is_same_place(origin: str, host: str | None) -> bool:
    """Whether the header `Host` names the host and port of `origin`, the port that its scheme implies said or not.

    TLS may have ended at a proxy, so the origin's scheme counts. `X-Forwarded-Host` does not: anybody can send it.
    """
    try:
        page, asked = urlsplit(origin), urlsplit(f"//{host or ''}")
        usual = PORTS.get(page.scheme)
        return bool(page.hostname) and (page.hostname, page.port or usual) == (asked.hostname, asked.port or usual)
    except ValueError:
        return False


def name_of(host: str | None) -> str | None:
    """The name or address that the header `Host` says, spelled as all are here; None where it says none."""
    try:
        said = urlsplit(f"//{host or ''}")
        _ = said.port  # which is a number, or none
    except ValueError:
        return None
    if not said.hostname or said.netloc != host or "@" in said.netloc:
        return None
    return alike(said.hostname)


def alike(name: str) -> str:
    """A name, or an address however it is written, in one spelling: an IPv4 address within IPv6 is that address."""
    with suppress(ValueError):
        address = ip_address(name)
        return str(getattr(address, "ipv4_mapped", None) or address)
    return name.lower().rstrip(".")


def _host_in(origin: str) -> str:
    with suppress(ValueError):
        return alike(urlsplit(origin if "//" in origin else f"//{origin}").hostname or "")
    return ""


def own_hosts(bound: str) -> frozenset[str]:
    """What this machine goes by where the server is bound to `bound`, a name or an address; "": to all of its own."""
    names = {alike(bound)} - {""}
    if names <= LOOPBACK and bound not in EVERYWHERE:
        return frozenset(names)
    whole = alike(socket.gethostname())
    short = whole.partition(".")[0]
    names |= {whole, short, f"{short}.local"} - {"", ".local"}
    return frozenset(names | set(own_addresses() if bound in EVERYWHERE else ()))


def own_addresses() -> list[str]:
    """The addresses at which others reach this machine, as its interfaces say; those that can be typed best first."""
    state = psutil.net_if_stats()
    found = [
        ip_address(entry.address.partition("%")[0])
        for name, entries in psutil.net_if_addrs().items()
        if name in state and state[name].isup
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6)
    ]
    outward = {address for address in found if not address.is_loopback and not address.is_link_local}
    return [str(address) for address in sorted(outward, key=lambda address: (address.version, found.index(address)))]


def join_addresses() -> list[str]:
    """The addresses at which others reach the app, those to be typed best first; none where only this machine does."""
    public = public_url()
    others = [] if public is None else [f"{public.scheme}://{public.netloc}{public.path or base_path()}"]
    return [*others, *map(_url, _other_hosts())]


def is_loopback(bound: str) -> bool:
    """Whether only this machine reaches what is bound to that name or address."""
    with suppress(ValueError):
        return ip_address(alike(bound)).is_loopback
    return bound in LOOPBACK


def _other_hosts() -> list[str]:
    bound = config.get_option("server.address") or ""
    hosts = own_addresses() if bound in EVERYWHERE else [] if is_loopback(bound) else [bound]
    return [host for host in hosts if bound != IPV4 or ":" not in host]


def told_at_start(labels: Mapping[str, str]) -> str:
    """Where the app is to be found, in the words of `labels`: what can be typed here, and what others can type."""
    bound = config.get_option("server.address") or ""
    others = join_addresses()
    here = _url("localhost") if bound in EVERYWHERE | LOOPBACK else others[0]
    rest = labels["start.others"].format(urls=", ".join(others)) if others else labels["start.alone"]
    return "\n".join((labels["start.here"].format(url=here), rest))


def _url(host: str) -> str:
    scheme = "https" if config.get_option("server.sslCertFile") else "http"
    port = config.get_option("server.port")
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}{'' if port == PORTS[scheme] else f':{port}'}{base_path()}"


def public_url() -> SplitResult | None:
    """What `TRICK_LAB_PUBLIC_URL` says, the address that people type; None where it is not set.

    Raises:
        RefusedError: it is no address of a page, or not under the base path.
    """
    text = os.environ.get(PUBLIC_URL, "").strip()
    if not text:
        return None
    url = _split(text)
    if url is None or url.scheme not in PORTS or name_of(url.netloc) is None or url.query or url.fragment:
        raise RefusedError(f"{PUBLIC_URL} must be an address as https://lab.example.org, got {text!r}")
    path = url.path.rstrip("/")
    if path not in ("", base_path()):
        sentence = f"the path in {PUBLIC_URL} must be that of STREAMLIT_SERVER_BASE_URL_PATH"
        raise RefusedError(f"{sentence}, {base_path() or 'which is empty'}, got {text!r}")
    return url._replace(path=path)


def _split(text: str) -> SplitResult | None:
    with suppress(ValueError):
        return urlsplit(text)
    return None


def framers() -> str:
    """Who may show the app inside a page of theirs: the app itself, and whom `TRICK_LAB_FRAME_ANCESTORS` names.

    The app itself always: the wall of a room, and a lesson, have one of its pages within. `'none'` is nobody else.

    Raises:
        RefusedError: it names something that is no place.
    """
    named = os.environ.get(FRAME_ANCESTORS, "").replace(",", " ").split()
    for one in named:
        if not FRAMER.fullmatch(one):
            sentence = f"{FRAME_ANCESTORS} must be addresses as https://school.example, * or 'none', got {one!r}"
            raise RefusedError(sentence)
    others = [] if named == ["'none'"] else named
    return " ".join(dict.fromkeys(["'self'", *others]))


def proxies() -> list[str]:
    """The proxies that are believed what they say of a client, as `FORWARDED_ALLOW_IPS` names them.

    Raises:
        RefusedError: it names something that is neither an address nor a network nor `*`.
    """
    named = [one.strip() for one in os.environ.get(PROXIES, "127.0.0.1").split(",") if one.strip()]
    for one in named:
        try:
            if one != "*":
                ip_network(one)
        except ValueError:
            sentence = f"{PROXIES} must be addresses and networks as 10.0.0.5 or 10.0.0.0/8, or *, got {one!r}"
            raise RefusedError(sentence) from None
    return named
