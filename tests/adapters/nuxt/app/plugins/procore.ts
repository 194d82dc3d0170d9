import { arrive, procore } from "../procore";

export default defineNuxtPlugin(({ hook, vueApp }) => {
  vueApp.use(procore);
  const router = useRouter();
  hook("app:mounted", () => arrive(router));
});
