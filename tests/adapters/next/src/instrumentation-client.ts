import { takeResponse } from "procore-spa-auth/react";
import { auth } from "./auth";

// Before Next.js reads the page's URL, which it would write back later, with the code in it.
takeResponse(auth);
