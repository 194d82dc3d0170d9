/**
 * A plain copy of what a caller hands over: every property read exactly once, so that nothing can change between check
 * and use. Only the object's own properties and those of its class count, never those of `Object.prototype`.
 */
export const snapshot = (value: unknown): string => JSON.stringify(copy(value, 0, { left: 500 }));

/** `budget`: how many values may still come. An event, say, would lead through the whole document. */
const copy = (value: unknown, depth: number, budget: { left: number }): unknown => {
  if (budget.left-- <= 0) throw new RangeError("These are no options: they go on and on.");
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value;
  // Nothing of this depth is an option; a cycle ends here too.
  if (typeof value !== "object" || value === null || depth > 8) return null;
  if (Array.isArray(value)) return Array.from(value, (item) => copy(item, depth + 1, budget));
  const plain: Record<string, unknown> = Object.create(null);
  for (let owner: object = value, root; ; owner = root) {
    root = Object.getPrototypeOf(owner);
    if (root === null && owner !== value) break;
    for (const key of Object.getOwnPropertyNames(owner)) {
      if (key in plain || key === "constructor") continue;
      plain[key] = copy((value as Record<string, unknown>)[key], depth + 1, budget);
    }
    if (root === null) break;
  }
  return plain;
};
