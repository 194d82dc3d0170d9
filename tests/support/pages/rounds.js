// Rounds of renewals: in each, every tab asks for one while it has the same token, and only then the server answers.

"use strict";

globalThis.rounds = (() => {
  const channel = new BroadcastChannel("rounds");
  let heard = () => {};

  /** Asks once. The client has heard that before it hears of anything else, for it hears one thing after the other. */
  const renew = async (round, tell) => {
    const renewal = attempt(async () => (await auth.refresh()).status);
    await auth.ready();
    tell({ round, isAsked: true });
    const { value, error } = await renewal;
    tell({ round, status: value ?? error });
  };
  channel.onmessage = ({ data }) => {
    if (data.begin) void renew(data.begin, (message) => channel.postMessage(message));
    else heard(data);
  };

  /** All tabs but this one, and this one, play one round. Answers with what became of each. */
  const play = async (round, tabs, server) => {
    const statuses = [];
    let asked = 0;
    await new Promise((done) => {
      heard = ({ round: of, isAsked, status }) => {
        if (of !== round) statuses.push(`late: ${status}`);
        else if (!isAsked) statuses.push(status);
        // Whoever renews waits for an answer until all have asked.
        else if (++asked === tabs) void fetch(`${server}/open`);
        if (statuses.length === tabs) done();
      };
      channel.postMessage({ begin: round });
      void renew(round, (message) => heard(message));
    });
    return statuses;
  };

  const told = { played: 0, faults: [], isDone: false };
  return {
    told,
    /** In one tab of `tabs`. `server` has the gate. */
    lead: async (count, tabs, server) => {
      for (let round = 1; round <= count; round += 1) {
        await fetch(`${server}/close`);
        const others = (await play(round, tabs, server)).filter((status) => status !== "fresh");
        if (others.length) told.faults.push(`round ${round}: ${others}`);
        told.played = round;
      }
      await fetch(`${server}/close`);
      told.isDone = true;
    },
  };
})();
