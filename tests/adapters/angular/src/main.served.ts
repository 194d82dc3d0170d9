import { provideHttpClient, withFetch, withInterceptors } from "@angular/common/http";
import { bootstrapApplication, provideClientHydration } from "@angular/platform-browser";
import { provideRouter } from "@angular/router";
import { procoreAuthInterceptor } from "procore-spa-auth/angular";
import { procore } from "./auth";
import { App } from "./app";
import { routes } from "./routes";

export const providers = [
  procore,
  provideHttpClient(withFetch(), withInterceptors([procoreAuthInterceptor])),
  provideRouter(routes),
  provideClientHydration(),
];

if (typeof window !== "undefined") void bootstrapApplication(App, { providers });
