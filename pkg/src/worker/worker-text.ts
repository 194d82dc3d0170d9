// In a script of its own, for who serves worker-script.js has no use for it.

import script from "#worker-script";

export default script;
