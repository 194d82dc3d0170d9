import { HttpClient } from "@angular/common/http";
import { Component, inject, signal } from "@angular/core";
import { Router } from "@angular/router";
import { injectProcoreAuth } from "procore-spa-auth/angular";

declare global {
  interface Window {
    readonly apiOrigin: string;
  }
}

@Component({
  selector: "app-page",
  template: `
    <main>
      <p id="where">{{ router.url }}</p>
      <p id="user">{{ procore.user()?.name }}</p>
      <button id="load" (click)="load()">Companies</button>
      <p id="companies">{{ companies() }}</p>
      <p id="own">{{ own() }}</p>
      <button id="sign-out" (click)="procore.signOut()">Sign out</button>
    </main>
  `,
})
export class Page {
  protected readonly procore = injectProcoreAuth();
  protected readonly router = inject(Router);
  protected readonly companies = signal("");
  protected readonly own = signal("");
  private readonly http = inject(HttpClient);

  protected load() {
    const text = { responseType: "text" } as const;
    // A request to the page's own server, which gets no token.
    this.http.get("/support/config.js", text).subscribe((answer) => this.own.set(answer));
    this.http.get(`${window.apiOrigin}/rest/v1.0/companies`, text).subscribe((answer) => this.companies.set(answer));
  }
}
