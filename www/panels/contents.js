// The list of contents: marks the section that is being read.

export function startContents() {
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    const read = entries.find(({ isIntersecting }) => isIntersecting);
    if (!read) return;
    for (const [id, link] of links) {
      if (id === read.target.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-15% 0px -80% 0px" });
  for (const part of document.querySelectorAll("main > *")) seen.observe(part);
}
