import { Page } from "../../page";

export default function Path() {
  return <Page />;
}
