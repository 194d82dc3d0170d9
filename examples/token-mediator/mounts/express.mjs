// Express. Before any body parser: the mediator reads the body itself, and no further than it may.

import { createRequestListener } from "@remix-run/node-fetch-server";
import express from "express";
import { createMediator } from "../mediator.mjs";
import { optionsFrom } from "./options.mjs";

export const app = express().disable("x-powered-by");
app.all("/oauth/:action", createRequestListener(createMediator(optionsFrom(process.env))));
