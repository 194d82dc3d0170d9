import { Component } from "@angular/core";
import { RouterOutlet } from "@angular/router";
import { injectProcoreAuth } from "procore-spa-auth/angular";
import { Entrance } from "./entrance";

@Component({
  selector: "app-root",
  imports: [Entrance, RouterOutlet],
  template: `@if (procore.status() === "signed_in") { <router-outlet /> } @else { <app-entrance /> }`,
})
export class App {
  protected readonly procore = injectProcoreAuth();
}
