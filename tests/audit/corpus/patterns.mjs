// What the auditor looks for, as far as regular expressions can say it: for a fair race against ripgrep.

const escape = (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
const base64 = (text) => Buffer.from(text).toString("base64");

/** One regular expression a line, with the forms of one known value. */
export function patternsFor(known) {
  const forms = [
    known,
    [...known].reverse().join(""),
    Buffer.from(known).toString("hex"),
    encodeURIComponent(known),
    // What is the same whatever stands before it, at each of the three places.
    ...["", "a", "ab"].map((before) => base64(before + known).slice(before.length ? 4 : 0, -4)),
  ];
  return [
    String.raw`(?i)(client|oauth|app|application|consumer|procore)[-_. ]?secret\b.{0,80}[A-Za-z0-9_-]{32,128}`,
    String.raw`\b[0-9a-f]{64}\b`,
    String.raw`\b[A-Za-z0-9_-]{43}\b`,
    String.raw`(?i)authorization.{0,8}basic +[A-Za-z0-9+/=]{16,}`,
    String.raw`btoa\(`,
    String.raw`https?://[^\s/"':@]+:[^\s/"'@]+@`,
    String.raw`(?i)grant_type.{0,8}(client_credentials|password|jwt-bearer)`,
    String.raw`client_assertion(_type)?`,
    String.raw`-----BEGIN [A-Z ]*PRIVATE KEY`,
    String.raw`(VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|GATSBY|EXPO_PUBLIC|NUXT_PUBLIC|PUBLIC|NG_APP|STORYBOOK|RSBUILD_PUBLIC)_\w*(SECRET|PASSWORD|PRIVATE)`,
    ...forms.map(escape),
  ];
}
