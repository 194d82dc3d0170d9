import { type App, type InjectionKey, type Ref, computed, getCurrentInstance, inject, onMounted, shallowRef } from "vue";
import type { ProcoreAuth } from "./types/index.d.ts";
import type * as Api from "./types/vue.d.ts";
import { UNKNOWN, follow, replace, within } from "./adapters/follow.ts";

interface Shared {
  readonly seen: Readonly<Ref<Api.SignInState>>;
  readonly actions: Api.SignInActions;
}

const KEY: InjectionKey<Shared> = Symbol("procore-spa-auth");

/** What Vue Router gives every component, as far as it is used here: this package does not ask for it. */
interface Router {
  readonly options: { readonly history: { readonly base: string } };
  replace(to: string): Promise<unknown>;
  resolve(to: string): { readonly href: string };
}

/** The apps that use a client, for the router of each. */
const apps = new WeakMap<ProcoreAuth, App>();

const routerOf = (auth: ProcoreAuth) => (apps.get(auth)?.config.globalProperties as { readonly $router?: Router } | undefined)?.$router;

export const procoreAuth: typeof Api.procoreAuth = (auth, options) => {
  const { actions, start, state, subscribe } = follow(auth);
  const navigate = (to: string) => {
    const router = routerOf(auth);
    return router ? router.replace(within(router.options.history.base, to)) : replace(to);
  };
  start({ navigate, ...options });
  return {
    install(app) {
      apps.set(auth, app);
      const seen = shallowRef(state());
      const stop = subscribe(() => (seen.value = state()));
      // There since Vue 3.5.
      app.onUnmount?.(stop);
      app.provide(KEY, { seen, actions });
    },
  };
};

export const useProcoreAuth: typeof Api.useProcoreAuth = () => {
  const shared = inject(KEY, undefined);
  if (!shared) throw new Error("procore-spa-auth/vue: the app does not use procoreAuth(…).");
  const { seen, actions } = shared;
  const isTakenOver = takesOver();
  const of = <Name extends keyof Api.SignInState>(name: Name) => computed(() => (isTakenOver.value ? seen.value : UNKNOWN)[name]);
  return { status: of("status"), session: of("session"), user: of("user"), error: of("error"), ...actions };
};

/** Whether a component has taken over what a server has rendered for it, which is what is known there. */
const takesOver = (): Readonly<Ref<boolean>> => {
  // Only what was rendered elsewhere has an element before it is mounted.
  const isDone = shallowRef(!getCurrentInstance()?.vnode.el);
  if (!isDone.value) onMounted(() => (isDone.value = true));
  return isDone;
};

export const requireSession: typeof Api.requireSession = (auth) => {
  const { admits } = follow(auth);
  return ({ fullPath }) => admits(routerOf(auth)?.resolve(fullPath).href ?? fullPath);
};
