"""Modules that are joined keep their order, their names and their places; a browser runs them in test_component."""

from __future__ import annotations

import re
from pathlib import Path

from pages.lab.files import ASSETS
from pages.lab.joining import EXPORT, IMPORT, joined, needed


def test_imports_and_exports_become_what_functions_take_and_give(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "one.js").write_text(
        'import {\n  a,\n  b as c,\n} from "./page/two.js";\n\n'
        "export class One {}\nexport async function go() {}\nlet d;\n"
    )
    (tmp_path / "page" / "two.js").write_text(
        'import {One} from "../three.js";\nexport const a = One;\nexport function b() {}\n'
    )
    (tmp_path / "three.js").write_text("export class One {}\n")
    assert needed(tmp_path, "one.js") == ["three.js", "page/two.js", "one.js"]
    assert joined(tmp_path, "one.js", "digest") == (
        'const modules = ((globalThis.trickLabModules ??= {})["digest"] ??= {});\n'
        'modules["three.js"] ??= (() => {\nclass One {}\n\nreturn {One};\n})();\n'
        'modules["page/two.js"] ??= (() => {\nconst {One} = modules["three.js"];\nconst a = One;\nfunction b() {}\n'
        "\nreturn {a, b};\n})();\n"
        'modules["one.js"] ??= (() => {\nconst {\n  a,\n  b: c,\n} = modules["page/two.js"];\n\n'
        "class One {}\nasync function go() {}\nlet d;\n\nreturn {One, go};\n})();\n"
        'export const {One, go} = modules["one.js"];\n'
    )


def test_every_module_imports_and_exports_in_the_one_form_that_is_joined() -> None:
    for path in ASSETS.rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        rest = EXPORT.sub("", IMPORT.sub("", source))
        assert not re.search(r"^\s*(?:import|export)\b", rest, re.MULTILINE), path.name
        assert path.name == "styles.js" or "import.meta" not in source, f"{path.name} would find itself elsewhere"


def test_no_two_modules_import_each_other() -> None:
    for path in ASSETS.glob("*.js"):
        names = needed(ASSETS, path.name)
        for index, name in enumerate(names):
            assert not {*needed(ASSETS, name)} - {*names[: index + 1]}
