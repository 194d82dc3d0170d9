// Reads from a WebAssembly module how many bytes each function takes, by the names in its `name` section.
// https://webassembly.github.io/spec/core/binary/modules.html

class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    Object.assign(this, { bytes, at, end });
  }

  /** Unsigned LEB128. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  text() {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }

  skip(length) {
    this.at += length;
  }

  /** `[id, reader]` of each section, or subsection, from here on. */
  *sections() {
    while (this.at < this.end) {
      const id = this.bytes[this.at++];
      const length = this.number();
      const start = this.at;
      this.at += length;
      yield [id, new Reader(this.bytes, start, start + length)];
    }
  }

  limits() {
    const flags = this.number();
    this.number();
    if (flags & 1) this.number();
  }
}

/** How many functions are imported: the numbers of our own start after them. */
function importedFunctions(section) {
  let functions = 0;
  for (let left = section.number(); left > 0; left--) {
    section.text();
    section.text();
    const kind = section.number();
    if (kind === 0) {
      functions++;
      section.number();
    } else if (kind === 1) {
      section.skip(1);
      section.limits();
    } else if (kind === 2) section.limits();
    else if (kind === 3) section.skip(2);
    else throw new Error(`an import of the kind ${kind} can't be read`);
  }
  return functions;
}

function functionNames(section) {
  const names = new Map();
  for (const [id, part] of section.sections()) {
    if (id !== 1) continue;
    for (let left = part.number(); left > 0; left--) names.set(part.number(), part.text());
  }
  return names;
}

/** The name without what differs from build to build: the hash, and the number of a duplicate. */
const stable = (name) => name.replace(/::h[0-9a-f]{16}\b|\s\(\.llvm\.\d+\)$/g, "").replace(/\[[0-9a-f]{16}\]/g, "");

/** The crate of a demangled name; for `<Type as Trait>::method` the crate of the type, if it has one. */
export function crateOf(name) {
  const path = (text) => /^[<&*[(\s]*(?:(?:mut|const|dyn|impl)\s+)*([a-z_]\w*)::/.exec(text)?.[1];
  const [type, trait] = name.startsWith("<") ? name.split(" as ") : [name];
  return path(type) ?? (trait && path(trait)) ?? "(exports)";
}

/** `{ functions: Map<name, bytes>, data, total }` of a module. */
export function measure(bytes) {
  const functions = new Map();
  let imported = 0;
  let sizes = [];
  let names = new Map();
  let data = 0;
  let total = 8;
  for (const [id, section] of new Reader(bytes, 8).sections()) {
    const length = section.end - section.at;
    if (id !== 0) total += length;
    if (id === 2) imported = importedFunctions(section);
    if (id === 11) data = length;
    if (id === 10) {
      sizes = Array.from({ length: section.number() }, () => {
        const size = section.number();
        section.skip(size);
        return size;
      });
    }
    if (id === 0 && section.text() === "name") names = functionNames(section);
  }
  sizes.forEach((size, index) => {
    const name = stable(names.get(imported + index) ?? "(unnamed)");
    functions.set(name, (functions.get(name) ?? 0) + size);
  });
  return { functions, data, total };
}
