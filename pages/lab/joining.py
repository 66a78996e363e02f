"""The modules that a page of the live lab needs, sent as one: each is still a module of its own, in a function.

A request costs more than what is in a module. Nothing is rewritten but the lines that import and export, which all
have one form; a browser test holds each joined module to what the plain ones export.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from posixpath import normpath

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
SHARED = "trickLabModules"
"""Where a document keeps the modules that it has, by digest and name: pages that come later share them."""


def joined(folder: Path, module: str, digest: str) -> str:
    """The page's `module` and all that it imports, as one module with the same exports."""
    parts = [f"const modules = ((globalThis.{SHARED} ??= {{}})[{json.dumps(digest)}] ??= {{}});"]
    for name in needed(folder, module):
        source = (folder / name).read_text(encoding="utf-8")
        names = ", ".join(EXPORT.findall(source))
        body = EXPORT.sub("", IMPORT.sub(lambda found, name=name: _taken(found, name), source))  # type: ignore[misc]
        parts.append(f"modules[{json.dumps(name)}] ??= (() => {{\n{body}\nreturn {{{names}}};\n}})();")
    exported = ", ".join(EXPORT.findall((folder / module).read_text(encoding="utf-8")))
    parts.append(f"export const {{{exported}}} = modules[{json.dumps(module)}];\n")
    return "\n".join(parts)


def needed(folder: Path, module: str) -> list[str]:
    """The names of the module and of all that it imports, each after those that it imports itself."""
    found: list[str] = []

    def add(name: str) -> None:
        for _, other in IMPORT.findall((folder / name).read_text(encoding="utf-8")):
            path = at(name, other)
            if path not in found:
                add(path)
        found.append(name)

    add(module)
    return found


def at(name: str, other: str) -> str:
    """The name of the module that the one of that name imports as `other`."""
    return normpath(PurePosixPath("/", name).parent / other).lstrip("/")


def _taken(found: re.Match[str], name: str) -> str:
    """What takes an import's place."""
    names = re.sub(r"(\w+) as (\w+)", r"\1: \2", found[1])
    return f"const {{{names}}} = modules[{json.dumps(at(name, found[2]))}];"
