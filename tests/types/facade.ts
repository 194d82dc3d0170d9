// What the package promises in its hand-written types, its code must keep.

import type * as Promised from "procore-spa-auth";
import type * as PromisedImplicit from "procore-spa-auth/implicit";
import type * as PromisedTesting from "procore-spa-auth/testing";
import type * as PromisedWorker from "procore-spa-auth/worker";
import * as kept from "../../pkg/src/index.ts";
import * as keptImplicit from "../../pkg/src/implicit.ts";
import * as keptTesting from "../../pkg/src/testing.ts";
import * as keptWorker from "../../pkg/src/worker.ts";

kept satisfies typeof Promised;
keptImplicit satisfies typeof PromisedImplicit;
keptWorker satisfies typeof PromisedWorker;
keptTesting satisfies typeof PromisedTesting;

type Missing<Wanted, Found> = Exclude<keyof Found, keyof Wanted>;
type Nothing<Names extends never> = Names;

// And nothing that was not promised is exported.
export type Unpromised = Nothing<Missing<typeof Promised, typeof kept>>;
export type UnpromisedImplicit = Nothing<Missing<typeof PromisedImplicit, typeof keptImplicit>>;
export type UnpromisedWorker = Nothing<Missing<typeof PromisedWorker, typeof keptWorker>>;
export type UnpromisedTesting = Nothing<Missing<typeof PromisedTesting, typeof keptTesting>>;
