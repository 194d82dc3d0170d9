import { createRouter, createWebHistory } from "vue-router";
import { requireSession } from "procore-spa-auth/vue";
import { auth } from "./auth";
import Page from "./Page.vue";

export const router = createRouter({
  history: createWebHistory(),
  routes: [{ path: "/:path(.*)*", component: Page, beforeEnter: requireSession(auth) }],
});
