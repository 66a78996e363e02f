// One line for each layer over the steps.

import {blend} from "../page/theme.js";
import {OverSteps} from "./lines.js";

/** One line for each layer or block over the steps: light for the first, full color for the last. */
export class Layers extends OverSteps {
  curves() {
    const {store, theme, t, font} = this.lab;
    const arms = this.arms();
    const room = (this.frame.height - this.margin.t - this.margin.b) / (1.15 * font) / arms.length; // names
    return arms.flatMap((arm) => {
      const kept = store.arms[arm.index].probes.get(this.declared.array) ?? [];
      if (!kept.length) return [];
      const layers = kept.at(-1).values.length;
      const steps = Float64Array.from(kept, (probe) => probe.step);
      return Array.from({length: layers}, (_, layer) => {
        const share = layers > 1 ? 0.4 + (0.6 * layer) / (layers - 1) : 1;
        const line = {...this.stroke(arm, 0.9), color: blend(theme.arms[arm.index], theme.ground, share)};
        const named = layer === 0 || layer === layers - 1 || layers <= Math.min(room, 4);
        const label = this.declared.labels?.[layer] ?? t("lab.layer", {layer: layer + 1});
        const text = named ? [label, arms.length > 1 ? arm.label : ""].filter(Boolean).join(", ") : "";
        return {text, arm, line, noisy: false, steps, values: Float64Array.from(kept, (probe) => probe.values[layer])};
      });
    });
  }
}
