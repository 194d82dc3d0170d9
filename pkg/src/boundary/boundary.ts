// What passes between this package and everything else: options, answers, messages, records, results. A page's
// `Object.prototype` may hold anything, by a fault in any script of it, so nothing is read, or given to the browser to read,
// from an object that inherits from it. Who has replaced the language's own functions is beyond that.

/** How many values one object may hold, all in all. An event, say, would lead through the whole document. */
const MAX_VALUES = 500;
/** Nothing of this depth is an option; a cycle ends here too. */
const MAX_DEPTH = 8;

/** A fresh object or list, made to inherit from nothing: for what is asked for members that it may lack. */
export const own = <T extends object>(members: T): T => Object.setPrototypeOf(members, null) as T;

/** The members of `Object.prototype` that the language puts there, and no others. Pure, so that a script without use for it has it not. */
const ORDINARY: object = /* @__PURE__ */ (() => {
  const ordinary = own({});
  for (const name of ["constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf"]) {
    const value: unknown = Object.prototype[name as keyof object];
    Object.defineProperty(ordinary, name, own({ value, writable: true, configurable: true }));
  }
  return ordinary;
})();

/** A fresh object for the page's `fetch`, which others may have wrapped: they find there what every object has. */
export const ordinary = <T extends object>(members: T): T => Object.setPrototypeOf(members, ORDINARY) as T;

/** Gives `target` these members. One that is `undefined` is not listed, but hides what would be inherited. */
export const define = (target: object, members: object): void => {
  for (const [name, value] of Object.entries(members) as [string, unknown][]) {
    const enumerable = value !== undefined;
    Object.defineProperty(target, name, own({ value, enumerable, writable: true, configurable: true }));
  }
};

/** A frozen object for the app. `members` names each one that its type has, as `undefined` if it is absent. */
export const result = <T extends object>(members: { [name in keyof T]-?: T[name] | undefined }): T => {
  // As a literal, whose members are defined and never set, for it takes a fifth of the time of defining each.
  const made: Record<string, unknown> = { ...members };
  for (const name of Object.keys(made)) if (made[name] === undefined) Object.defineProperty(made, name, HIDDEN);
  return Object.freeze(made) as T;
};

const HIDDEN: PropertyDescriptor = own({ enumerable: false });

/**
 * The members of what a caller hands over, each read exactly once: its own and those of its class. What is no object has
 * none.
 *
 * @throws `RangeError` if they go on and on; whatever a property throws
 */
export const members = <T extends object>(value: T | null | undefined, budget = { left: MAX_VALUES }): Partial<T> => {
  const found: Record<string, unknown> = own({});
  let owner: object | null = typeof value === "object" ? value : null;
  for (let next; owner; owner = next) {
    next = Object.getPrototypeOf(owner) as object | null;
    // The last one is what all objects share.
    if (!next && owner !== value) break;
    // In one order, so that equal options are equal texts.
    for (const name of Object.getOwnPropertyNames(owner).sort()) {
      if (name in found || name === "constructor") continue;
      spend(budget);
      found[name] = value![name as keyof T];
    }
  }
  return found as Partial<T>;
};

const spend = (budget: { left: number }) => {
  if (budget.left-- <= 0) throw new RangeError();
};

/** How much a copy may still hold, and what stands there for `undefined`. */
interface Budget {
  left: number;
  readonly absent: null | undefined;
}

/** A plain copy, as deep as there is anything plain; `null` stands for the rest. Throws as `members` does. */
export const copy = (value: unknown, budget: Budget = { left: MAX_VALUES, absent: undefined }, depth = 0): unknown => {
  const type = typeof value;
  if (type !== "object") return type === "function" || type === "symbol" || type === "bigint" ? null : (value ?? budget.absent);
  if (value === null || depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) {
    return withoutToJson(Array.from(value, (item) => (spend(budget), copy(item, budget, depth + 1))));
  }
  const found: Record<string, unknown> = members(value as Record<string, unknown>, budget);
  for (const name in found) found[name] = copy(found[name], budget, depth + 1);
  return found;
};

/** The same, where `null` stands also for `undefined`: a member that has no value is there all the same. */
export const fullCopy = (value: unknown): unknown => copy(value, { left: MAX_VALUES, absent: null });

/** JSON text that no `toJSON` of a prototype has a part in. What is `undefined` is `null` there. Throws as `copy` does. */
export const json = (value: unknown): string => JSON.stringify(fullCopy(value));

/** What a JSON text says. Throws as `JSON.parse` and `copy` do. */
export const parse = <T>(text: string): T => plain(JSON.parse(text), { left: MAX_VALUES }) as T;

/** What `copy` would make of what `JSON.parse` has made, in its place. */
const plain = (value: unknown, budget: { left: number }, depth = 0): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) return null;
  const found = value as Record<string, unknown>;
  for (const name of Object.keys(found)) {
    spend(budget);
    found[name] = plain(found[name], budget, depth + 1);
  }
  return Array.isArray(value) ? withoutToJson(value) : own(found);
};

const NO_METHOD: PropertyDescriptor = own({ value: undefined });

/** Old libraries put one on all lists, for JSON.stringify to call. */
const withoutToJson = <T extends unknown[]>(list: T): T => Object.defineProperty(list, "toJSON", NO_METHOD);

/** The core's `MAX_RECORD`; one more tells it that there was more. */
const MAX_RECORD = 256 * 1024 + 1;

/** Of what somebody may have stored for a record, as much as anybody looks at. */
export const bounded = (record: unknown): string => String(record).slice(0, MAX_RECORD);

/** What a message or a stored entry says, as far as it is an object. Anybody may have written it, so it throws nothing. */
export const received = <T extends object>(value: unknown): Partial<T> => {
  try {
    return members(copy(value) as T);
  } catch {
    return own({});
  }
};
