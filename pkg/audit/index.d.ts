/**
 * Searches a build for a client secret of Procore's, and for what only a confidential client may do: for Node.
 *
 * Nothing that it reads leaves this machine, and no secret is in what it answers.
 *
 * @module
 */

/** How bad a finding is. With an `"error"` the build must not ship. */
export type Severity = "info" | "warning" | "error";

/** What was found. */
export type Kind =
  | "known-value"
  | "client-secret"
  | "basic-credentials"
  | "private-key"
  | "secret-beside-procore"
  | "confidential-flow"
  | "env-exposure"
  | "env-file"
  | "lone-shape";

/** What the auditor is told; the members are the options of the command line. */
export interface AuditSettings {
  /** Files to take secrets from, as `.env` files are written. */
  envFiles?: string[];
  /** Read neither the environment nor `.env` and `.env.*` files that are not named. Default: `false`. */
  noEnv?: boolean;
  /** Variables that hold a secret. Those whose names say SECRET, PASSWORD or PRIVATE_KEY do anyway. */
  secretNames?: string[];
  /** Variables that hold none. */
  publicNames?: string[];
  /** Secrets that are not at hand, `[NAME=]sha256:SALT:LENGTH:HASH`, as `procore-spa-auth hash` prints them. */
  knownHashes?: string[];
  /** Your client IDs. Variables whose names end in CLIENT_ID are read anyway. */
  clientIds?: string[];
  /** Other values that are public, exactly. */
  public?: string[];
  /** Files with values that may stay, each with a reason and a last day. */
  baselines?: string[];
  /** The kinds of finding to show. Default: all. */
  only?: Kind[];
  /** The least severity that fails. Default: `"error"`. */
  failOn?: Severity;
  /** Where `.env` files and relative paths are looked for. Default: the working folder; in a bundler, its root. */
  cwd?: string;
}

/** What to search, and how to say it. */
export interface AuditOptions extends AuditSettings {
  /** Files, archives and folders. Default: those of `dist`, `build`, `out`, `public` and `.output/public` that are there. */
  paths?: string[];
  /** Names of folders not to go into. */
  skip?: string[];
  /** The format of `text`. Default: `"text"`. */
  format?: "text" | "json" | "sarif";
  /** A file to add to what is found, as a baseline; with `reason` and `expires`. */
  writeBaseline?: string;
  /** Why it may stay. */
  reason?: string;
  /** The last day on which it may, `YYYY-MM-DD`. */
  expires?: string;
  /** Is told how many bytes of how many are searched. */
  onProgress?: (done: number, total: number) => void;
}

/** Enough of a value to recognise it by. */
export interface Redacted {
  /** Its first four characters at most. */
  first: string;
  /** How long it is, in bytes. */
  length: number;
  /** Its SHA-256, 64 hex digits, by which a baseline names it. */
  sha256: string;
}

/** One thing that must not be published, at one place. */
export interface Finding {
  /** The file, from the working folder; `a.tgz!package/dist/x.js` in an archive. */
  path: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units; in a file that is no text, in bytes. */
  column: number;
  /** Where it is in the source that a source map has. */
  source: { name: string; line: number; column: number } | null;
  kind: Kind;
  severity: Severity;
  value: Redacted;
  /** What makes it one. */
  why: string;
  /** What to do, the most urgent first. */
  whatToDo: string;
  /** What it is, enough of the value, and what makes it one; in one paragraph. */
  message: string;
}

/** What came of an audit. */
export interface AuditResult {
  findings: Finding[];
  /** What was found, and may stay. */
  allowed: { finding: Omit<Finding, "message">; reason: string; expires: string }[];
  /** What could not be looked into, wholly or in part. */
  unread: { path: string; reason: string; detail: string }[];
  /** How many files were searched, those in archives among them. */
  files: number;
  /** How many bytes they have. */
  bytes: number;
  /** Whose values were looked for, whose were not and why, and which entries of baselines are not needed. */
  notes: string[];
  /** 0 clean, 1 something was found, 2 something could not be looked into or nothing was there. */
  exitCode: 0 | 1 | 2;
  /** The report in the format that was asked for. */
  text: string;
  /** The report for people. */
  readable: string;
}

/**
 * Searches files and folders.
 *
 * @throws {Error} for options that can't be followed, and for a named file that can't be read. What can't be searched is in
 * the result.
 */
export function audit(options?: AuditOptions): Promise<AuditResult>;
