import { Component } from "@angular/core";
import { injectProcoreAuth } from "procore-spa-auth/angular";

@Component({
  selector: "app-entrance",
  template: `
    @if (procore.status() === "unknown") {
      <p>One moment …</p>
    } @else {
      <main>
        @if (procore.error(); as error) { <p role="alert" [id]="error.code">{{ error.message }}</p> }
        <button id="sign-in" (click)="procore.signIn()">{{ procore.error() ? "Try again" : "Sign in" }}</button>
      </main>
    }
  `,
})
export class Entrance {
  protected readonly procore = injectProcoreAuth();
}
