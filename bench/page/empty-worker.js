// The least that a worker can be: it says that it is there.

postMessage("here");
