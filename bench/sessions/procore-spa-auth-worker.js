// The client in a worker, which gives a page no login URL but goes there.

import { createProcoreAuth } from "procore-spa-auth/worker";
import { apiOf, optionsOf, sessionOf } from "../page/own.js";

export const session = async (config) => sessionOf(authOf(config));

export const api = async (config, signIn) => apiOf(authOf(config), config, signIn);

const authOf = ({ workerUrl, ...config }) => createProcoreAuth({ ...optionsOf(config), workerUrl });
