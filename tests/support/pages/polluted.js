// Runs before everything else: puts members on `Object.prototype`, and takes them away again.

"use strict";

globalThis.pollution = (() => {
  const { defineProperty, setPrototypeOf } = Object;
  const bare = (members) => setPrototypeOf(members, null);
  const JUNK = "polluted";
  /** Of several kinds; a header that is one would be sent. */
  const KINDS = bare({
    string: bare({ value: JUNK }),
    true: bare({ value: true }),
    object: bare({ value: Object.freeze(bare({ "x-polluted": JUNK })) }),
    function: bare({ value: () => JUNK }),
    // What is assigned never arrives.
    accessor: bare({ get: () => JUNK, set: () => {} }),
  });
  const CONVERTED = [Array, Object, String, Number, Boolean, Date, Map, Set, URL, Error, Function];

  const put = (names, kind) => {
    for (const name of names) {
      // An object can't have both.
      defineProperty(Object.prototype, name, bare({ configurable: true, enumerable: true, ...KINDS[kind] }));
    }
  };
  const clear = (names) => {
    for (const name of names) delete Object.prototype[name];
  };
  /** What old libraries have put on the language's own classes, and lists that keep nothing. */
  const convert = () => {
    for (const { prototype } of CONVERTED) defineProperty(prototype, "toJSON", bare({ value: () => JUNK, configurable: true }));
    defineProperty(Array.prototype, "0", bare({ get: () => JUNK, set: () => {}, configurable: true }));
  };
  const restore = () => {
    for (const { prototype } of CONVERTED) delete prototype.toJSON;
    delete Array.prototype[0];
  };

  // A worker has no storage, and is told by its URL.
  const told = globalThis.localStorage?.getItem("pollution") ?? new URLSearchParams(location.search).get("pollution");
  const { names, kind } = bare(JSON.parse(told ?? '{"names":[]}'));
  const begin = (all = names, of = kind) => (of === "converted" ? convert() : put(all, of));
  const end = () => (clear(names), restore());
  if (kind) begin();
  return bare({ names, put, clear, begin, end });
})();
