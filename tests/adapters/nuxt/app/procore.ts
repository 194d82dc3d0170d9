import type { Router } from "vue-router";
import { procoreAuth } from "procore-spa-auth/vue";
import { auth, page } from "./auth";

/** Tells of Nuxt's router, as soon as Nuxt is at the page that it began with: a way back before would be lost. */
export let arrive: (router: Router) => void;
const arrived = new Promise<Router>((resolve) => (arrive = resolve));
const navigate = async (to: string) => (await arrived).replace(to);

// It starts right here, before Nuxt reads the page's URL.
export const procore = procoreAuth(auth, { signIn: page.signInBy, navigate });
