// Plays situations, each in a page of its own: an iframe of this origin, with emptied storage.

const DEADLINE = 10_000;

const LEFT_BY_OTHERS = "left-by-another-app";

async function play(plan) {
  sessionStorage.clear();
  localStorage.clear();
  localStorage.setItem(LEFT_BY_OTHERS, "untouched");
  for (const [key, value] of Object.entries(plan.storage ?? {})) sessionStorage.setItem(key, value);
  const frame = document.createElement("iframe");
  let timer;
  try {
    const result = await new Promise((done) => {
      globalThis.plan = plan;
      globalThis.finished = done;
      timer = setTimeout(() => done({ hung: true, steps: [] }), DEADLINE);
      frame.src = plan.page;
      document.body.append(frame);
    });
    result.others = localStorage.getItem(LEFT_BY_OTHERS);
    return result;
  } finally {
    clearTimeout(timer);
    frame.remove();
  }
}

globalThis.playAll = async (plans) => {
  const results = [];
  for (const plan of plans) results.push(await play(plan));
  return JSON.stringify(results);
};

// What a stranger around the page would say to it, if it is told to.
addEventListener("message", ({ source, data }) => data?.forge && source.postMessage(data.forge, "*"));

document.title = "ready";
