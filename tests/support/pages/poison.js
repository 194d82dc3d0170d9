// Runs before everything else: ways to fail for the core. It gets no more memory than `localStorage.pages` beside what
// it starts with, and whenever it looks at the clock, `onClock` is called.

"use strict";

{
  const MEMORY = 5;
  const { Module } = WebAssembly;

  /** A number as WebAssembly writes it (LEB128), and where it ends. */
  const read = (bytes, at) => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return [value, at];
    }
  };
  const written = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...written(value >> 7)]);

  /** The module, with a limit in its section on memories, which holds one memory without any, or is not there. */
  const limited = (bytes, more) => {
    for (let at = 8, start; (start = at) < bytes.length; ) {
      const id = bytes[at++];
      const [size, content] = read(bytes, at);
      at = content + size;
      if (id !== MEMORY) continue;
      const [pages] = read(bytes, content + 2);
      const section = [1, 1, ...written(pages), ...written(pages + more)];
      return Uint8Array.from([...bytes.slice(0, start), id, ...written(section.length), ...section, ...bytes.slice(at)]);
    }
    // The core's second part, which has that of the first.
    return bytes;
  };

  const { pages } = localStorage;
  if (pages) {
    WebAssembly.Module = class extends Module {
      constructor(bytes) {
        super(limited(bytes, Number(pages)));
      }
    };
  }

  const { now } = Date;
  Date.now = () => (globalThis.onClock?.(), now());
}
