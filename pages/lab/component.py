"""The two components a page is made of: the live lab, and a drawing in the page's own colors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

# Inline scripts travel with every message, so this one only fetches the module that does the work, once; and with it
# what that will ask for.
LIVE = """
export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".lab-root") ?? parentElement;
  // A report says when it was made: one that repeats an older one would go unheard.
  const setState = (name, value) => setStateValue(name, { ...value, reported_ms: performance.now() });
  const lab = (root.lab ??= { config: null, mounted: null, ended: false });
  const isFirst = lab.config === null;
  lab.config = data;
  lab.mounted?.update(data);
  if (isFirst) {
    const at = (name) => new URL(`${data.assets}/${name}`, window.location.origin).href;
    const hinted = new Set([...document.head.querySelectorAll("link")].map(({ href }) => href));
    const hint = (parts) => {
      const link = Object.assign(document.createElement("link"), parts);
      if (!hinted.has(link.href)) document.head.append(link); // not again on each page visited
    };
    if (!document.querySelector("link[data-sheets]")) hint({ rel: "preload", as: "style", href: at(data.sheets) });
    if (data.plotly && !window.Plotly) hint({ rel: "preload", as: "script", fetchPriority: "low", href: data.plotly });
    const load = (wait_ms) => {
      if (lab.ended) return;
      import(at(lab.config.module)).then(
        (module) => {
          if (lab.ended) return;
          root.textContent = "";
          lab.mounted = module.mount(root, lab.config, { setState });
        },
        (error) => {
          if (lab.ended) return;
          console.error(error);
          root.textContent = data.labels["component.unreachable"];
          setTimeout(load, wait_ms, Math.min(2 * wait_ms, 30_000));
        },
      );
    };
    load(1000);
  }
  return () => {
    lab.ended = true;
    if (root.lab === lab) delete root.lab;
    lab.mounted?.destroy();
  };
}
"""

DRAWING = """
export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".drawing");
  if (root.innerHTML !== data) root.innerHTML = data;
}
"""

DRAWING_STYLE = """
.drawing { color: var(--st-text-color); line-height: 0; }
.drawing svg { display: block; width: 100%; height: auto; }
.drawing text { font-family: var(--st-font); fill: currentColor; }
.accent { stroke: var(--st-primary-color); }
.accent-fill { fill: var(--st-primary-color); }
.quiet { stroke: currentColor; opacity: 0.6; }
.quiet-fill { fill: currentColor; opacity: 0.6; }
.travels { offset-rotate: 0deg; animation: travel 6s ease-in-out infinite alternate; }
@keyframes travel { from { offset-distance: 4%; } to { offset-distance: 96%; } }
@media (prefers-reduced-motion: reduce) { .travels { animation: none; offset-distance: 60%; } }
"""

_live = st.components.v2.component("lab", html='<div class="lab-root"></div>', js=LIVE, isolate_styles=False)
_drawing = st.components.v2.component("drawing", html='<div class="drawing"></div>', css=DRAWING_STYLE, js=DRAWING)


def live(config: dict[str, Any], *, key: str, on_change: Callable[[], None]) -> None:
    """The live lab; `on_change` is called when a person has set something, which then stands under `key`.

    A `config` that differs from the last one is taken up like a reset, and a run going on keeps its weights.
    """
    _live(key=key, data=config, on_settings_change=on_change)


def drawing(svg: str, *, key: str) -> None:
    """An SVG of our own making, in the colors of the page."""
    _drawing(key=key, data=svg)
