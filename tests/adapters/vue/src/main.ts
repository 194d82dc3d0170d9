import { createApp } from "vue";
import { procore } from "./auth";
import { router } from "./router";
import App from "./App.vue";

createApp(App).use(procore).use(router).mount("#app");
