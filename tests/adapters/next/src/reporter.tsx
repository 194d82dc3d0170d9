"use client";

import { usePathname } from "next/navigation";
import { useEffect } from "react";

/** As what counts visits does it. */
export function Reporter() {
  const path = usePathname();
  useEffect(() => document.body.setAttribute("data-reported", `${document.body.dataset.reported ?? ""} ${location.href}`), [path]);
  return null;
}
