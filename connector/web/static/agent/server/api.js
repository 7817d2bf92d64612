/* The client of the connector's API: the launch token and its renewal, ETags, time limits, errors. */

/** @import {Clock} from './clock.js' */

/** @typedef {import('#openapi').components['schemas']} Schemas */
/** @typedef {Schemas['Order']} Order */
/** @typedef {Schemas['Request']} PaymentRequest */
/** @typedef {Schemas['Sentence']} Sentence */
/** @typedef {Schemas['PhoneRead']} PhoneRead */
/** @typedef {Schemas['PhoneReading']} PhoneReading */
/** @typedef {Order['channels'][number]} Channel */
/** @typedef {Partial<Schemas['Error']>} ErrorBody */

/** @template Data @typedef {{status: number, etag: string | null, data: Data}} Answer */
/** @typedef {{body?: string, headers?: Record<string, string>}} Options */
/** @typedef {ReturnType<typeof createApi>} Api */

const TIME_LIMIT_MS = 15000;
// Longer than any server of ours asks for: a page must not be silenced for a day by a proxy's mistake.
const LONGEST_SILENCE_MS = 300000;

/* An error answer, or no answer at all: then the status is 0. */
export class ApiError extends Error {
  /** @param {number} status @param {ErrorBody} [body] @param {number} [retryAfterMs] how long the server asks to be left alone */
  constructor(status, body = {}, retryAfterMs = 0) {
    super(body.message ?? 'no answer');
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.code = body.code ?? null;
    this.fields = body.fields ?? {};
    this.body = body;
  }
}

/* The token has expired and cannot be renewed: only a reload of the tab helps. */
export class LaunchOver extends Error {
  /** @param {ApiError} error */
  constructor(error) {
    super(error.message);
    this.sentence = error.code === 'launch_expired' ? error.body.sentence : null;
  }
}

/** @param {{token: string, clock: Pick<Clock, 'correct' | 'monotonic' | 'now'>}} options */
export function createApi({ token: firstToken, clock }) {
  // In memory only: storage would outlive the tab, and other pages of the origin could read it.
  let token = firstToken;
  /** @type {Promise<void> | null} */
  let renewing = null;

  /** @param {string} method @param {string} path @param {Options} [options] */
  async function fetchAnswer(method, path, { body, headers = {} } = {}) {
    try {
      return await fetch(path, {
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
  }

  /* Seconds or a date, by RFC 9110, section 10.2.3. */
  /** @param {Response} response */
  function retryAfterOf(response) {
    const text = response.headers.get('Retry-After') ?? '';
    const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - clock.now();
    return Math.min(LONGEST_SILENCE_MS, Math.max(0, milliseconds || 0));
  }

  /** @param {string} method @param {string} path @param {Options} [options] @returns {Promise<Answer<any>>} */
  async function ask(method, path, options) {
    const askedAt = clock.monotonic();
    const response = await fetchAnswer(method, path, options);
    clock.correct(response.headers.get('Date'), askedAt);
    const etag = response.headers.get('ETag');
    if (response.status === 304) return { status: 304, etag, data: null };
    const data = await response.json().catch(() => null);
    if (!response.ok) throw new ApiError(response.status, data?.error ?? {}, retryAfterOf(response));
    if (data === null) throw new ApiError(0, { message: 'unreadable answer' });
    return { status: response.status, etag, data };
  }

  /* Renew the token; concurrent callers share one renewal. */
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

  /** @param {string} method @param {string} path @param {Options} [options] */
  async function askAgainAfterRenewal(method, path, options) {
    try {
      return await ask(method, path, options);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      await renew();
      return ask(method, path, options);
    }
  }

  /** @param {string} path @param {string} body @param {Record<string, string>} [headers] */
  const post = (path, body, headers) => askAgainAfterRenewal('POST', path, { body, headers });

  /** @param {string} reference @param {string} action */
  const actionPath = (reference, action) => `/api/payment-requests/${encodeURIComponent(reference)}/${action}`;

  return {
    renew,
    /**
     * @param {string} orderId
     * @param {string | null} etag
     * @param {{hidden: boolean}} [page] whether nobody sees it: then the server does not ask Salesforce for it
     * @returns {Promise<Answer<Order | null>>} null: nothing has changed
     */
    order: (orderId, etag, { hidden } = { hidden: false }) =>
      askAgainAfterRenewal('GET', `/api/orders/${encodeURIComponent(orderId)}`, {
        headers: { ...(etag ? { 'If-None-Match': etag } : {}), ...(hidden ? { 'X-Chat2Pay-Hidden': '1' } : {}) },
      }),
    /** @param {string} text @returns {Promise<Answer<PhoneRead>>} */
    readPhone: (text) => post('/api/phone-readings', JSON.stringify({ phone: text })),
    /** @param {{channel: Channel, amount: string}} wanted @returns {Promise<Answer<Schemas['MessagePreview']>>} */
    previewMessage: (wanted) => post('/api/message-previews', JSON.stringify(wanted)),
    /** @param {string} body @param {string} key @returns {Promise<Answer<PaymentRequest>>} */
    send: (body, key) => post('/api/payment-requests', body, { 'Idempotency-Key': key }),
    /** @param {string} reference @returns {Promise<Answer<Schemas['Cancelled']>>} */
    cancel: (reference) => post(actionPath(reference, 'cancel'), '{}'),
    /** @param {string} reference @param {string} body @param {string} key @returns {Promise<Answer<Schemas['Replaced']>>} */
    replace: (reference, body, key) => post(actionPath(reference, 'replace'), body, { 'Idempotency-Key': key }),
    /** @param {string} reference @param {string} body @param {string} key @returns {Promise<Answer<Schemas['Captured']>>} */
    capture: (reference, body, key) => post(actionPath(reference, 'capture'), body, { 'Idempotency-Key': key }),
    /** @param {string} reference @param {string} body @param {string} key @returns {Promise<Answer<Schemas['Reversed']>>} */
    reverse: (reference, body, key) => post(actionPath(reference, 'reverse'), body, { 'Idempotency-Key': key }),
    /** @param {string} reference @param {string} reason @returns {Promise<Answer<Schemas['Released']>>} */
    release: (reference, reason) => post(actionPath(reference, 'release'), JSON.stringify({ reason })),
    /** @param {string} reference @param {'show_receipt' | 'send_receipt' | 'copy_link'} verb @returns {Promise<Answer<Schemas['HandedOver']>>} */
    handOver: (reference, verb) => post(actionPath(reference, verb.replace('_', '-')), '{}'),
    /** @param {string} text @param {number} version @returns {Promise<Answer<Schemas['NoteWritten']>>} */
    writeNote: (text, version) => post('/api/order-notes', JSON.stringify({ text, version })),
    /** @param {string} ending @returns {Promise<Answer<Schemas['OrderPhoneSaved']>>} */
    savePhone: (ending) => post('/api/order-phone', JSON.stringify({ phone_ending: ending })),
    /** @param {string} reference @returns {Promise<Answer<Schemas['Refreshed']>>} */
    refresh: (reference) => post(actionPath(reference, 'refresh'), '{}'),
  };
}
