/** All that one environment remembers about codes, tokens, grants and logins. In memory, gone with the process. */

const seconds = () => Math.floor(Date.now() / 1000);

export class Store {
  /** "Model:id" → what the provider saved under it */
  #records = new Map();

  find(model, id) {
    return this.#records.get(`${model}:${id}`);
  }

  remove(model, id) {
    this.#records.delete(`${model}:${id}`);
  }

  /** The access or refresh token with this value: `{ model, record }`, expired ones too. */
  findToken(value) {
    for (const model of ["AccessToken", "RefreshToken"]) {
      const record = this.find(model, value);
      if (record) return { model, record };
    }
    return null;
  }

  /** Ends one sign-in: its code, its access tokens and its refresh tokens, whichever generation. */
  revokeGrant(grantId) {
    for (const [key, record] of this.#records) {
      if (record.grantId === grantId) this.#records.delete(key);
    }
    this.remove("Grant", grantId);
  }

  /** Ends all sign-ins; who is logged in at the server stays so. Answers how many tokens were live. */
  revokeAll() {
    const live = this.liveTokens();
    for (const key of this.#records.keys()) {
      if (/^(AuthorizationCode|AccessToken|RefreshToken|Grant):/.test(key)) this.#records.delete(key);
    }
    return live;
  }

  /** Forgets everything, logins too. */
  clear() {
    this.#records.clear();
  }

  /** Notes that these were issued together. */
  pair(accessToken, refreshToken) {
    const [access, refresh] = [this.find("AccessToken", accessToken), this.find("RefreshToken", refreshToken)];
    if (access && refresh) [access.pair, refresh.pair] = [refreshToken, accessToken];
  }

  /** Ends the two tokens that were issued together, and none of those before and after. */
  revokePair({ jti, pair }) {
    for (const id of [jti, pair]) for (const model of ["AccessToken", "RefreshToken"]) this.remove(model, id);
  }

  /** Whether the access token of these two lives. */
  isPairLive({ jti, pair }) {
    return [jti, pair].some((id) => this.find("AccessToken", id)?.exp > seconds());
  }

  hasLiveAccessToken(grantId) {
    return this.#accessTokens().some(([, record]) => record.grantId === grantId && record.exp > seconds());
  }

  removeOtherAccessTokens(grantId, survivor) {
    for (const [key, record] of this.#accessTokens()) {
      if (record.grantId === grantId && record.jti !== survivor) this.#records.delete(key);
    }
  }

  /** What time does, at once. Answers how many tokens it hit. */
  expireAccessTokens() {
    const live = this.#accessTokens().filter(([, record]) => record.exp > seconds());
    for (const [, record] of live) record.exp = seconds() - 1;
    return live.length;
  }

  /** How many tokens would still be taken. `areOldOnesAlive`: used refresh tokens, too. */
  liveTokens(areOldOnesAlive) {
    const isLive = ([key, { exp, consumed }]) =>
      /^(Access|Refresh)Token:/.test(key) && exp > seconds() && (!consumed || areOldOnesAlive);
    return [...this.#records].filter(isLive).length;
  }

  #accessTokens() {
    return [...this.#records].filter(([key]) => key.startsWith("AccessToken:"));
  }

  #findBy(model, property, value) {
    for (const [key, record] of this.#records) {
      if (key.startsWith(`${model}:`) && record[property] === value) return record;
    }
    return undefined;
  }

  /** The interface that oidc-provider asks of a store, one object per model. */
  adapter(model) {
    return {
      upsert: async (id, record) => void this.#records.set(`${model}:${id}`, record),
      find: async (id) => this.find(model, id),
      findByUid: async (uid) => this.#findBy(model, "uid", uid),
      findByUserCode: async () => undefined,
      consume: async (id) => void (this.find(model, id).consumed = seconds()),
      destroy: async (id) => this.remove(model, id),
      revokeByGrantId: async (grantId) => this.revokeGrant(grantId),
    };
  }
}
