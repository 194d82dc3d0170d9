import { requireSession } from "procore-spa-auth/vue";
import { auth } from "../auth";

const admits = requireSession(auth);

export default defineNuxtRouteMiddleware(async (to) => {
  // Without its answer: a refusal would be an error page of Nuxt's, and app.vue shows the way in.
  await admits(to);
});
