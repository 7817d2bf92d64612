/*
 * Knows how the page talks to the connector: the launch token (in this page's memory only), its renewal,
 * ETags, time limits, and the shape of an error. It refuses to know what any answer means.
 */
const TIME_LIMIT_MS = 15000;

export class ApiError extends Error {
  constructor(status, error) {
    super(error?.message ?? 'no answer');
    this.status = status;
    this.code = error?.code ?? null;
    this.fields = error?.fields ?? {};
    this.facts = error ?? {};
  }
}

/* The token is gone and cannot be renewed: only a reload of the tab helps. */
export class LaunchOver extends Error {
  constructor(error) {
    super(error.message);
    this.sentence = error.code === 'launch_expired' ? error.facts.sentence : null;
  }
}

export function createApi({ token: firstToken, clock }) {
  let token = firstToken;
  let renewing = null;

  async function ask(method, path, { body, headers = {} } = {}) {
    const askedAt = clock.mark();
    let response;
    try {
      response = await fetch(path, {
        method,
        headers: {
          Accept: 'application/json',
          Authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        body,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        signal: AbortSignal.timeout(TIME_LIMIT_MS),
      });
    } catch (cause) {
      throw new ApiError(0, { message: String(cause) });
    }
    clock.hear(response.headers.get('Date'), askedAt);
    if (response.status === 304) return { status: 304, etag: response.headers.get('ETag'), data: null };
    const data = await response.json().catch(() => null);
    if (!response.ok) throw new ApiError(response.status, data?.error);
    if (data === null) throw new ApiError(0, { message: 'unreadable answer' });
    return { status: response.status, etag: response.headers.get('ETag'), data };
  }

  /* This function will renew the token once, however many ask at the same time. */
  function renew() {
    renewing ??= ask('POST', '/api/launches/renew')
      .then(({ data }) => {
        token = data.launch_token;
      })
      .catch((error) => {
        if (error.status === 401 || error.status === 403) throw new LaunchOver(error);
        throw error;
      })
      .finally(() => {
        renewing = null;
      });
    return renewing;
  }

  async function askAgainAfterRenewal(method, path, options) {
    try {
      return await ask(method, path, options);
    } catch (error) {
      if (error.status !== 401) throw error;
      await renew();
      return ask(method, path, options);
    }
  }

  const post = (path, body, headers) => askAgainAfterRenewal('POST', path, { body, headers });

  return {
    renew,
    order: (orderId, etag) =>
      askAgainAfterRenewal('GET', `/api/orders/${encodeURIComponent(orderId)}`, { headers: etag ? { 'If-None-Match': etag } : {} }),
    readPhone: (text) => post('/api/phone-readings', JSON.stringify({ phone: text })),
    send: (body, key) => post('/api/payment-requests', body, { 'Idempotency-Key': key }),
    cancel: (reference) => post(`/api/payment-requests/${encodeURIComponent(reference)}/cancel`, '{}'),
    release: (reference, reason) =>
      post(`/api/payment-requests/${encodeURIComponent(reference)}/release`, JSON.stringify({ reason })),
    refresh: (reference) => post(`/api/payment-requests/${encodeURIComponent(reference)}/refresh`, '{}'),
  };
}
