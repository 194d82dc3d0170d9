export default function Callback() {
  return null;
}
