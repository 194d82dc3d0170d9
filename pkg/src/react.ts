import { createContext, createElement, useContext, useEffect, useSyncExternalStore } from "react";
import type * as Api from "./types/react.d.ts";
import { type Following, UNKNOWN, follow } from "./adapters/follow.ts";

const Context = createContext<Following | undefined>(undefined);

export const ProcoreAuthProvider: typeof Api.ProcoreAuthProvider = ({ auth, children, ...options }) => {
  const following = follow(auth);
  // Not in an effect: those of the children come first, and may report the page's URL, with the code, to somebody.
  following.start(options);
  return createElement(Context.Provider, { value: following }, children);
};

export const takeResponse: typeof Api.takeResponse = (auth) => follow(auth).take();

const useFollowing = (): Following => {
  const following = useContext(Context);
  if (!following) throw new Error("procore-spa-auth/react: there is no <ProcoreAuthProvider> above this component.");
  return following;
};

const onServer = () => UNKNOWN;

export const useProcoreAuth: typeof Api.useProcoreAuth = () => {
  const { actions, subscribe, state } = useFollowing();
  return { ...useSyncExternalStore(subscribe, state, onServer), ...actions };
};

export const RequireSession: typeof Api.RequireSession = ({ fallback, children }) => {
  const { admits } = useFollowing();
  const { status } = useProcoreAuth();
  useEffect(() => {
    if (status === "signed_out") void admits();
  }, [admits, status]);
  return status === "signed_in" ? children : fallback;
};
