import { type App, type InjectionKey, computed, inject, shallowRef } from "vue";
import type * as Api from "./types/vue.d.ts";
import { follow, replace } from "./adapters/follow.ts";

type Shared = ReturnType<typeof Api.useProcoreAuth>;

const KEY: InjectionKey<Shared> = Symbol("procore-spa-auth");

/** What Vue Router gives every component, as far as it is used here: this package does not ask for it. */
type WithRouter = { readonly $router?: { replace(to: string): Promise<unknown> } };

export const procoreAuth: typeof Api.procoreAuth = (auth, options) => {
  const { actions, start, state, subscribe } = follow(auth);
  let installed: App | undefined;
  const navigate = (to: string) => {
    const { $router } = (installed?.config.globalProperties ?? {}) as WithRouter;
    return $router ? $router.replace(to) : replace(to);
  };
  start({ navigate, ...options });
  return {
    install(app) {
      installed = app;
      const seen = shallowRef(state());
      const stop = subscribe(() => (seen.value = state()));
      // There since Vue 3.5.
      app.onUnmount?.(stop);
      const of = <Name extends keyof Api.SignInState>(name: Name) => computed(() => seen.value[name]);
      const refs = { status: of("status"), session: of("session"), user: of("user"), error: of("error") };
      app.provide(KEY, { ...refs, ...actions });
    },
  };
};

export const useProcoreAuth: typeof Api.useProcoreAuth = () => {
  const shared = inject(KEY, undefined);
  if (!shared) throw new Error("procore-spa-auth/vue: the app does not use procoreAuth(…).");
  return shared;
};

export const requireSession: typeof Api.requireSession = (auth) => {
  const { admits } = follow(auth);
  return ({ fullPath }) => admits(fullPath);
};
