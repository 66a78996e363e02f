// What the modules hand each other, for the type checker alone: no browser loads it.

/** A number, a choice or a switch, as a knob has it. */
export type Value = number | string | boolean;
export type Values = Record<string, Value>;

/** A knob or shared setting, as the page's configuration declares it (`pages/lab/config.py`). */
export interface Declared {
  name: string;
  symbol: string;
  label: string;
  help: string;
  unit: string;
  low: number | null;
  high: number | null;
  choices: string[];
  value: Value;
  default: Value;
  neutral: Value | null;
  live: boolean;
  integer: boolean;
  scale: "linear" | "log";
  when: string[] | null;
  unless: [string, Value] | null;
  idle: string;
}

/** What bounds the server enforces, and a page keeps to. */
export interface Limits {
  seed: [number, number];
  steps: [number, number];
  seeds: [number, number];
  speed: [number, number];
  arms: number;
  first_explored_seed: number;
  rate: number;
  message_bytes: number;
}

/** What a page is told; of each kind of page some parts are there. */
export interface Config {
  [part: string]: any;
  trick: string;
  task: string;
  view: string;
  language: string;
  labels: Record<string, string>;
  limits: Limits;
  forms: Record<string, number>;
  version: number;
  older: number;
  socket: string;
  plotly: string;
  knobs: Declared[];
  settings: Declared[];
  extra_arms?: Values[];
  seed: number;
  steps: number;
  speed: number | null;
  autostart: boolean;
  plain: Record<string, any>;
  watch?: string | null;
}

/** What a tab is to the run that it watches: another tab of its visitor steers where it is `watch`, somebody else at `visit`. */
export type Role = "steer" | "watch" | "visit";

/** A run, wholly. */
export interface Spec {
  seed: number;
  steps: number;
  settings: Values;
  arms: {knobs: Values}[];
}

/** What the server says of a run that may change; `knobs` of each arm and `settings` are those of the next step. */
export interface Changing {
  state?: string;
  knobs?: Values[];
  settings?: Values;
  speed?: number | null;
}

/** The header of a snapshot. */
export interface Snapshot extends Changing {
  run: string;
  spec: Spec;
}

/** Why a message was not done (`trainers/wire/protocol.py`). */
export interface Refusal {
  about: string;
  name: string;
  arm: number | null;
  value: unknown;
  rule: string;
  parts: Record<string, any>;
  message: string;
}

/** What the page's script offers a component. */
export interface Host {
  setState(name: string, value: object): void;
}

/** A label by its key, with values put in. */
export type Text = (key: string, values?: Record<string, unknown>) => string;

/** What a painter draws. */
export interface Painted {
  element: Element;
  due: boolean;
  stale: boolean;
  touch(urgent?: boolean): void;
  paint(): void;
  destroy?(): void;
}

declare global {
  interface Window {
    Plotly?: any;
  }
}
