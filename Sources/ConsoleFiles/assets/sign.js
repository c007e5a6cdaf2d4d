// @ts-check
// Who a person is, and that person's word. The person's own key never reaches the server: this page makes a key for the
// session, has the person's key speak for it once, and signs each answer with it.

const writer = new TextEncoder();

/** The length of an item in the shortest form, as the project's packed format (CBOR) has it. */
function head(major, count) {
  const value = BigInt(count);
  const top = major << 5;
  if (value < 24n) return [top | Number(value)];
  const [mark, size] = value <= 0xffn ? [24, 1] : value <= 0xffffn ? [25, 2] : value <= 0xffffffffn ? [26, 4] : [27, 8];
  const bytes = [top | mark];
  for (let place = size - 1; place >= 0; place--) bytes.push(Number((value >> BigInt(place * 8)) & 0xffn));
  return bytes;
}

/** The few kinds of items that statements are made of. Whole numbers are BigInt: a time in nanoseconds is no double. */
export const packed = {
  list: (...items) => [...head(4, items.length), ...items.flat()],
  text: (value) => { const bytes = writer.encode(value); return [...head(3, bytes.length), ...bytes]; },
  data: (bytes) => [...head(2, bytes.length), ...bytes],
  signed: (value) => { const n = BigInt(value); return n >= 0n ? head(0, n) : head(1, -1n - n); },
  nothing: () => [0xf6],
};

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
export const unhex = (text) => new Uint8Array((text.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
export const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
export const unbase64 = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));

/** What a person's key signs when a session begins. */
export const grantStatement = (grant) => new Uint8Array(packed.list(
  packed.text('kintsugi session 1'), packed.text(grant.person), packed.data(unbase64(grant.publicKey)),
  packed.signed(grant.issued), packed.signed(grant.expires), packed.data(unbase64(grant.nonce))));

/** What the session's key signs when a person answers. */
export const approvalStatement = (it) => new Uint8Array(packed.list(
  packed.text('kintsugi approval 1'), packed.text(it.id), packed.text(it.answer), packed.text(it.incident),
  packed.signed(it.generation), packed.data(unhex(it.plan)), packed.data(unhex(it.state)), packed.text(it.person),
  packed.signed(it.given), it.feedback === null ? packed.nothing() : packed.text(it.feedback)));

/** Nanoseconds since 1970, as far as a browser knows them. */
export const nanoseconds = () => BigInt(Date.now()) * 1_000_000n;

const prefix = unhex('302e020100300506032b657004220420');

/** A private key of 32 bytes; nobody can read it out of the browser again. */
const privateKey = (seed) =>
  crypto.subtle.importKey('pkcs8', new Uint8Array([...prefix, ...seed]), 'Ed25519', false, ['sign']);

export const signed = async (key, statement) => base64(await crypto.subtle.sign('Ed25519', key, statement));

/** Why this browser cannot sign; null where it can. */
export async function whyNoSigning() {
  if (!window.isSecureContext || !crypto.subtle) {
    return 'This page was not opened on 127.0.0.1 or by https, and a browser signs nothing elsewhere.';
  }
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    return null;
  } catch {
    return 'This browser does not know Ed25519 signatures; Chromium from 137, Firefox from 129 and Safari from 17 do.';
  }
}

// The key stays in the browser's own store, where not even this page can read its bytes.
function store(mode, act) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open('kintsugi', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('session');
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const request = act(opening.result.transaction('session', mode).objectStore('session'));
      request.onsuccess = () => { done(request.result); opening.result.close(); };
      request.onerror = () => { failed(request.error); opening.result.close(); };
    };
  });
}

export const keptSession = () => store('readonly', (shelf) => shelf.get('now')).catch(() => undefined);
export const keepSession = (key, grant) => store('readwrite', (shelf) => shelf.put({ key, grant }, 'now'));
export const forgetSession = () => store('readwrite', (shelf) => shelf.delete('now')).catch(() => undefined);

/** The session of a one-time link, whose fragment a server never sees. */
export async function sessionFromLink(fragment) {
  const words = new URLSearchParams(fragment);
  const seed = unbase64(words.get('key') ?? '');
  if (seed.length !== 32) throw new Error('The link has no whole key in it. Ask for a new one: kintsugi console');
  const grant = JSON.parse(new TextDecoder().decode(unbase64(words.get('grant') ?? '')));
  return { key: await privateKey(seed), grant };
}

/** A session out of a person's token; the token is gone when this returns. */
export async function sessionFromToken(person, token) {
  const seed = await crypto.subtle.digest(
    'SHA-256', new Uint8Array([...writer.encode('kintsugi person 1'), 0, ...writer.encode(token)]));
  const own = await privateKey(new Uint8Array(seed));
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']));
  // Two seconds ago: two clocks of one machine are never quite the same.
  const issued = nanoseconds() - 2_000_000_000n;
  const grant = {
    person,
    publicKey: base64(await crypto.subtle.exportKey('raw', pair.publicKey)),
    issued: String(issued),
    expires: String(issued + 12n * 3_600n * 1_000_000_000n),
    nonce: base64(crypto.getRandomValues(new Uint8Array(16))),
    signature: '',
  };
  grant.signature = await signed(own, grantStatement(grant));
  return { key: pair.privateKey, grant };
}
