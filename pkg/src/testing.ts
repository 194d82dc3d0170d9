export { ProcoreAuthError, isProcoreAuthError } from "./boundary/errors.ts";
export { createFakeAuth } from "./testing/fake.ts";
