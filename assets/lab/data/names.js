// What arms are called before they have been started; from then on the server says it.

/**
 * What the arms of the next start will be called, as the server calls them (`trainers/runs/arm_names.py`): by their
 * tricks, and by the knobs in which arms that are called alike differ.
 *
 * @param {object[]} knobs the knobs of each arm after the baseline
 */
export function nameArms(knobs, lab) {
  const {knobs: declared, tricks, named_by} = lab.config;
  const called = (trick, one) =>
    trick.knobs.includes(named_by) ? lab.valueText(named_by, one[named_by]) : trick.title;
  const bases = knobs.map((one) => {
    const own = tricks.filter((trick) => trick.knobs.some((name) => name in one));
    return own.map((trick) => called(trick, one)).join(" + ");
  });
  const names = [lab.t("lab.arm.baseline")];
  knobs.forEach((one, i) => {
    const kin = knobs.filter((_, other) => bases[other] === bases[i]);
    const differing = declared.filter(({name}) => kin.some((other) => other[name] !== one[name]));
    const told = differing.map(({name, symbol, choices}) => {
      const value = lab.valueText(name, one[name]);
      return !symbol && choices?.length ? value : `${lab.symbol(name)} ${value}`;
    });
    const name = [bases[i], ...told].join(", ");
    const again = names.filter((other) => other === name || other.startsWith(`${name} #`)).length;
    names.push(again ? `${name} #${again + 1}` : name);
  });
  return names;
}
