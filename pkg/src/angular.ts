import { Location } from "@angular/common";
import {
  DestroyRef,
  InjectionToken,
  Injector,
  computed,
  inject,
  makeEnvironmentProviders,
  provideEnvironmentInitializer,
  signal,
} from "@angular/core";
import { Router } from "@angular/router";
import { from, switchMap } from "rxjs";
import type * as Api from "./types/angular.d.ts";
import { type Following, follow, replace, within } from "./adapters/follow.ts";

type Shared = ReturnType<typeof Api.injectProcoreAuth> & Pick<Following, "admits" | "state" | "subscribe">;

const SHARED = new InjectionToken<Shared>("procore-spa-auth/angular: provideProcoreAuth(…)");

export const provideProcoreAuth: typeof Api.provideProcoreAuth = (auth, options) => {
  const { actions, admits, start, state, subscribe } = follow(auth);
  let injector: Injector | undefined;
  const navigate = (to: string) => {
    const router = injector?.get(Router, null);
    if (!router) return replace(to);
    const base = pathOf("/", injector!.get(Location)).slice(0, -1);
    return router.navigateByUrl(within(base, to), { replaceUrl: true });
  };
  start({ ...options, navigate: options?.navigate ?? navigate });
  const share = (): Shared => {
    const seen = signal(state());
    inject(DestroyRef).onDestroy(subscribe(() => seen.set(state())));
    const of = <Name extends keyof Api.SignInState>(name: Name) => computed(() => seen()[name]);
    return { status: of("status"), session: of("session"), user: of("user"), error: of("error"), ...actions, admits, state, subscribe };
  };
  return makeEnvironmentProviders([
    { provide: SHARED, useFactory: share },
    provideEnvironmentInitializer(() => void (injector = inject(Injector))),
  ]);
};

/** The router's URL as a path of this origin, with the app's base. */
const pathOf = (url: string, location: Location) => {
  const { pathname, search, hash } = new URL(location.prepareExternalUrl(url), document.baseURI);
  return pathname + search + hash;
};

export const injectProcoreAuth: typeof Api.injectProcoreAuth = () => inject(SHARED);

export const requireSession: typeof Api.requireSession = async (_, { url }) => {
  const { admits, state, subscribe } = inject(SHARED);
  const location = inject(Location);
  if (typeof document === "undefined" || (await admits(pathOf(url, location)))) return true;
  // Refused, the router would write the URL of the page before into the history, and nobody would come back to this one.
  return new Promise((resolve) => {
    const stop = subscribe(() => {
      if (state().status !== "signed_in") return;
      stop();
      resolve(true);
    });
  });
};

export const procoreAuthInterceptor: typeof Api.procoreAuthInterceptor = (request, next) => {
  const { auth } = inject(SHARED);
  const authorized = async () => {
    try {
      // A path is the page's own server's, and not, as for `authorize`, the API's.
      const { url, headers } = await auth.authorize(new URL(request.url, globalThis.document?.baseURI));
      return request.clone({ url, setHeaders: headers });
    } catch (reason) {
      if ((reason as { code?: unknown }).code === "resource_origin_forbidden") return request;
      throw reason;
    }
  };
  return from(authorized()).pipe(switchMap(next));
};
