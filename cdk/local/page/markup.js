/**
 * Reads inline markup by a list of rules `[pattern, make]`: the earliest match wins, `make` gets the match and
 * a function that reads what is inside. Text between matches goes through `plain`.
 * @returns {(Node | string)[]}
 */
export function inline(source, rules, plain = (words) => words) {
  const nodes = [];
  let rest = source;
  while (rest !== '') {
    const found = earliest(rest, rules);
    if (!found) break;
    const { match, make } = found;
    if (match.index > 0) nodes.push(plain(rest.slice(0, match.index)));
    nodes.push(make(match, (inner) => inline(inner, rules, plain)));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest !== '') nodes.push(plain(rest));
  return nodes;
}

function earliest(source, rules) {
  let best;
  for (const [pattern, make] of rules) {
    const match = pattern.exec(source);
    if (match && match[0] !== '' && (!best || match.index < best.match.index)) best = { match, make };
  }
  return best;
}
