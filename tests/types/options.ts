// What apps write under `exactOptionalPropertyTypes`: an option that may be undefined, and a flag that is computed.

import type {
  ApiRequestInit,
  AuthorizeOptions,
  DiagnoseOptions,
  EmbeddedOptions,
  LoginUrlOptions,
  PopupSignInOptions,
  ProcoreAuthOptions,
  ServerOptions,
  SignInOptions,
  StartOptions,
} from "procore-spa-auth";
import { ProcoreAuthError } from "procore-spa-auth";
import type { AllowImplicit, ImplicitSignInOptions } from "procore-spa-auth/implicit";
import type { WorkerOptions } from "procore-spa-auth/worker";

/** Each option that may be left out may be `undefined`, too. */
type MayBeUndefined<T> = { [K in keyof T]-?: object extends Pick<T, K> ? (undefined extends T[K] ? never : K) : never }[keyof T];
type None<Names extends never> = Names;

export type Undefined = [
  None<MayBeUndefined<ProcoreAuthOptions>>,
  None<MayBeUndefined<ProcoreAuthOptions["credentials"]>>,
  None<MayBeUndefined<NonNullable<ProcoreAuthOptions["servers"]>>>,
  None<MayBeUndefined<ServerOptions>>,
  None<MayBeUndefined<SignInOptions>>,
  None<MayBeUndefined<PopupSignInOptions>>,
  None<MayBeUndefined<Omit<ApiRequestInit, keyof RequestInit>>>,
  None<MayBeUndefined<AuthorizeOptions>>,
  None<MayBeUndefined<StartOptions>>,
  None<MayBeUndefined<LoginUrlOptions>>,
  None<MayBeUndefined<EmbeddedOptions>>,
  None<MayBeUndefined<DiagnoseOptions>>,
  None<MayBeUndefined<WorkerOptions>>,
  None<MayBeUndefined<AllowImplicit>>,
  None<MayBeUndefined<ImplicitSignInOptions>>,
];

const isCustom = Boolean(location.hash);
export const server: ServerOptions = { customAuthorizationServer: isCustom, discover: isCustom, renewOnForbidden: isCustom };

/** A test of an app makes an error of its own. */
export const error: ProcoreAuthError = new ProcoreAuthError({ code: "access_denied", phase: "redirect", retryable: false }, new Error());
