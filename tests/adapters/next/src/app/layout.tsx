import type { ReactNode } from "react";
import { Reporter } from "../reporter";
import { Session } from "./session";

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <meta name="referrer" content="no-referrer" />
        <link rel="icon" href="data:," />
        <script src="/support/config.js" />
      </head>
      <body>
        <Reporter />
        <Session>{children}</Session>
      </body>
    </html>
  );
}
