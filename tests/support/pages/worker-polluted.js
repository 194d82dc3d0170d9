// The package's worker in a realm that is polluted itself, as the query says, for as long as it lives.

importScripts("/support/polluted.js", "/package/worker-script.js");
