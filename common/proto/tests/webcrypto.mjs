// A browser's side of one-to-one chat, written from docs/PROTOCOL.md alone, with WebCrypto (here Node's). Reads one JSON object, with
// bytes in hexadecimal: keys of its own, another's bundle and a parcel from there; prints what the parcel says, and a parcel of its own.
import { webcrypto as crypto } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { subtle } = crypto;
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data) => Buffer.from(data).toString('hex');
const text = (string) => new TextEncoder().encode(string);
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...new Uint8Array(part)]));
const sha256 = async (data) => new Uint8Array(await subtle.digest('SHA-256', data));
const PSS = { name: 'RSA-PSS', saltLength: 32 };
const sign = { name: 'RSA-PSS', hash: 'SHA-256' };
const wrap = { name: 'RSA-OAEP', hash: 'SHA-256' };
const must = (right, what) => { if (!right) throw new Error(what); };

async function context(label, sender, recipient) {
  const isLater = Buffer.compare(sender, recipient) > 0;
  const [low, high] = isLater ? [recipient, sender] : [sender, recipient];
  const conversation = await sha256(join(text('lectern conversation v1'), low, high));
  return join(text(label), [1], sender, recipient, conversation, [isLater ? 1 : 0]);
}
const u64 = (number) => { const out = new DataView(new ArrayBuffer(8)); out.setBigUint64(0, BigInt(number)); return new Uint8Array(out.buffer); };
const u32 = (number) => { const out = new DataView(new ArrayBuffer(4)); out.setUint32(0, number); return new Uint8Array(out.buffer); };
const place = async (sender, recipient, key, counter) => join(await context('lectern chat message v1', sender, recipient), key, u64(counter));
const commit = async (opening, at, content) => {
  const key = await subtle.importKey('raw', opening, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await subtle.sign('HMAC', key, join(text('lectern chat commitment v1'), at, content)));
};

const given = JSON.parse(readFileSync(0, 'utf8'));
const own = await sha256(bytes(given.own.identity));
const other = await sha256(bytes(given.other.identity));
const otherIdentity = await subtle.importKey('spki', bytes(given.other.identity), sign, true, ['verify']);

// The other's prekey is signed by the other's identity.
const statement = join(text('lectern chat prekey v1'), other, [0], await sha256(bytes(given.other.prekey)));
must(await subtle.verify(PSS, otherIdentity, bytes(given.other.signature), statement), 'the prekey is not signed');

// What came: the signature first, then the key, then the message.
const { envelope, message } = given;
const label = join(await context('lectern chat key v1', other, own), bytes(envelope.prekey), bytes(envelope.key));
must(hex((await sha256(bytes(given.own.prekey))).slice(0, 16)) === envelope.prekey, 'not for this prekey');
must(await subtle.verify(PSS, otherIdentity, bytes(envelope.signature), join(label, bytes(envelope.wrapped))), 'the envelope is not signed');
const prekey = await subtle.importKey('pkcs8', bytes(given.own.prekey_private), wrap, false, ['decrypt']);
const raw = await subtle.decrypt({ name: 'RSA-OAEP', label }, prekey, bytes(envelope.wrapped));
const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
const at = await place(other, own, bytes(message.key), message.counter);
const commitment = bytes(message.commitment);
const iv = join(u32(0), u64(message.counter));
const plain = new Uint8Array(await subtle.decrypt({ name: 'AES-GCM', iv, additionalData: join(at, commitment) }, key, bytes(message.sealed)));
const length = new DataView(plain.buffer).getUint32(32);
const content = plain.slice(36, 36 + length);
must(plain.slice(36 + length).every((byte) => byte === 0), 'the padding is not zero');
must(hex(await commit(plain.slice(0, 32), at, content)) === hex(commitment), 'the commitment is of something else');

// An answer, under a key of its own.
const direction = crypto.getRandomValues(new Uint8Array(32));
const keyId = crypto.getRandomValues(new Uint8Array(16));
const toPrekey = await subtle.importKey('spki', bytes(given.other.prekey), wrap, false, ['encrypt']);
const prekeyId = (await sha256(bytes(given.other.prekey))).slice(0, 16);
const ownLabel = join(await context('lectern chat key v1', own, other), prekeyId, keyId);
const wrapped = new Uint8Array(await subtle.encrypt({ name: 'RSA-OAEP', label: ownLabel }, toPrekey, direction));
const identity = await subtle.importKey('pkcs8', bytes(given.own.identity_private), sign, false, ['sign']);
const signature = await subtle.sign(PSS, identity, join(ownLabel, wrapped));
const opening = crypto.getRandomValues(new Uint8Array(32));
const answer = bytes(given.answer);
const padded = new Uint8Array(256);
padded.set(join(opening, u32(answer.length), answer));
const ownPlace = await place(own, other, keyId, 0);
const ownCommitment = await commit(opening, ownPlace, answer);
const sealing = await subtle.importKey('raw', direction, 'AES-GCM', false, ['encrypt']);
const sealed = await subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData: join(ownPlace, ownCommitment) }, sealing, padded);
console.log(JSON.stringify({
  content: hex(content),
  sender: hex(own), recipient: hex(other), prekey: hex(prekeyId), key: hex(keyId), wrapped: hex(wrapped), signature: hex(signature),
  commitment: hex(ownCommitment), sealed: hex(sealed),
}));
