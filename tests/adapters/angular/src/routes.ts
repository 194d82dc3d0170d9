import type { Routes } from "@angular/router";
import { requireSession } from "procore-spa-auth/angular";
import { Page } from "./page";

export const routes: Routes = [{ path: "**", component: Page, canActivate: [requireSession] }];
