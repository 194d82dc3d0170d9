import { provideHttpClient, withInterceptors } from "@angular/common/http";
import { bootstrapApplication } from "@angular/platform-browser";
import { provideRouter } from "@angular/router";
import { procoreAuthInterceptor } from "procore-spa-auth/angular";
import { procore } from "./auth";
import { App } from "./app";
import { routes } from "./routes";

bootstrapApplication(App, {
  providers: [procore, provideHttpClient(withInterceptors([procoreAuthInterceptor])), provideRouter(routes)],
});
