"""A stranger's client, written from docs/PROTOCOL.md alone: joins a class, fetches a video, checks what it got.

It shares no code with the product; when it stops working, the document or the product is wrong. Usage:

    stranger.py LINK PASSWORD OUTPUT-DIRECTORY

Plays through login (a wrong password first), roster and catalogue, waits for a video to be prepared, fetches all of its
tracks over one media connection and writes each as a file. The last line on stdout is a JSON summary.
"""

import base64
import collections
import hashlib
import hmac
import json
import re
import select
import socket
import struct
import sys
import time
import urllib.parse

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from OpenSSL import SSL, crypto

PING_EVERY = 5.0
RECORD = 16384
TAG = 16


class Broken(Exception):
    """The other side did not do what the document says."""


def check(condition, what):
    if not condition:
        raise Broken(what)


# ---- the join link ----


def parse_link(text):
    match = re.fullmatch(r"lectern://(.+):(\d+)/([^?#]+)(?:\?([^#]*))?#([A-Za-z0-9_-]{43})", text)
    check(match, "not a join link")
    hosts, port, room, query, fingerprint = match.groups()
    parameters = dict(urllib.parse.parse_qsl(query or ""))
    check(set(parameters) <= {"code", "video", "key"}, "unknown parameter")
    return {
        "hosts": [h.strip("[]") for h in hosts.split(",")],
        "port": int(port),
        "room": urllib.parse.unquote(room),
        "key": from_base64url(parameters["key"]) if "key" in parameters else None,
        "fingerprint": from_base64url(fingerprint),
    }


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# ---- the form of messages ----


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        check(self.at + n <= len(self.data), "a message ends early")
        self.at += n
        return self.data[self.at - n : self.at]

    def u8(self):
        return self.take(1)[0]

    def u16(self):
        return struct.unpack(">H", self.take(2))[0]

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def u64(self):
        return struct.unpack(">Q", self.take(8))[0]

    def bool(self):
        value = self.u8()
        check(value in (0, 1), "a bool is neither 0 nor 1")
        return value == 1

    def string(self):
        return self.take(self.u64()).decode("utf-8")

    def vec(self, element):
        return [element() for _ in range(self.u64())]

    def option(self, element):
        return element() if self.bool() else None

    def variant(self, *names):
        number = self.u32()
        check(number < len(names), f"there is no variant {number}")
        return names[number]

    def end(self):
        check(self.at == len(self.data), "bytes are left over")


def string(text):
    data = text.encode("utf-8")
    return struct.pack(">Q", len(data)) + data


def chunk_ref(r):
    return {"chunk": r.take(32), "bytes": r.u32()}


def role(r):
    return r.variant("student", "instructor", "assistant", "guest")


def person(r):
    return {"id": r.u64(), "name": r.string(), "role": role(r), "connected": r.bool()}


def video_state(r):
    state = r.variant("waiting", "preparing", "ready", "failed")
    detail = {"waiting": lambda: None, "preparing": lambda: (r.u16(), r.option(lambda: chunk_ref(r))), "ready": lambda: chunk_ref(r), "failed": lambda: (r.string(), r.u8())}[state]()
    return state, detail


def entry(r):
    return {
        "id": r.string(),
        "title": r.string(),
        "duration_us": r.u64(),
        "width": r.u32(),
        "height": r.u32(),
        "rungs": r.vec(r.string),
        "state": video_state(r),
        "thumbnail": r.option(lambda: chunk_ref(r)),
        "damage": r.option(lambda: {"lost_us": r.u64(), "places": r.u32(), "around_us": r.u64()}),
    }


def lesson(r):
    return {"video": r.string(), "rung": r.string()}


def joined(r):
    return {
        "you": r.u64(),
        "name": r.string(),
        "role": role(r),
        "room": r.string(),
        "seat": r.take(16),
        "session": r.u64(),
        "video_port": r.u16(),
        "audio_port": r.u16(),
        "epoch": r.u32(),
        "room_key": r.take(32),
        "ladder": r.vec(lambda: {"name": r.string(), "box": (r.u32(), r.u32()), "bitrate_bps": r.u32()}),
        "thirds": [r.string() for _ in range(3)],
        "server_time_us": r.u64(),
        "live_ladder": r.vec(lambda: {"name": r.string(), "box": (r.u32(), r.u32()), "bitrate_bps": r.u32()}),
    }


def login_reply(r):
    if r.variant("joined", "refused") == "joined":
        return "joined", joined(r)
    names = ("wrong room or password", "wrong key", "seat unknown", "too many failures", "busy", "room full", "bad name", "locked",
        "turned away", "banned", "wrong code")
    why = r.variant(*names)
    return "refused", (why, r.u32() if why in ("too many failures", "busy") else None)


def event(r):
    names = ("pong", "people", "person left", "videos", "video removed", "synchronised", "media epoch", "answer", "closing", "share", "fetch ahead", "fetched ahead",
        "streams", "stream ended", "published", "reports", "together", "stage", "quiet", "frozen", "recorded", "recording asked", "chat", "room", "talk", "account")
    name = r.variant(*names)
    if name == "pong":
        return name, (r.u64(), r.u64())
    if name == "people":
        return name, r.vec(lambda: person(r))
    if name == "person left":
        return name, r.u64()
    if name == "videos":
        return name, r.vec(lambda: entry(r))
    if name == "video removed":
        return name, r.string()
    if name == "synchronised":
        return name, None
    if name == "media epoch":
        return name, (r.u32(), r.take(32))
    if name == "answer":
        return name, (r.u32(), None if r.variant("ok", "refused") == "ok" else r.variant("not allowed", "no such person", "no such video"))
    if name == "share":
        return name, r.u64()
    if name == "fetch ahead":
        return name, r.option(lambda: lesson(r))
    if name == "fetched ahead":
        return name, (r.u32(), r.u32(), r.u32())
    if name in ("together", "quiet"):
        return name, r.bool()
    if name == "stage":
        return name, r.vec(lambda: r.u64())
    if name in ("frozen", "recorded"):
        return name, r.vec(lambda: r.take(16))
    if name == "recording asked":
        return name, r.vec(lambda: (r.take(16), r.bool()))
    if name == "chat":
        what = r.variant("identities", "keys of", "received", "unread", "private chat", "checked", "attachment max", "mailboxes", "mailbox gone", "mail")
        check(what in ("identities", "private chat", "attachment max", "mailboxes", "mailbox gone"), f"{what} of private chat is not for this client")
        if what == "attachment max":
            return name, (what, r.u64())
        if what == "mailboxes":
            return name, (what, r.vec(lambda: (r.u64(), r.string(), role(r), r.take(32))))
        if what == "mailbox gone":
            return name, (what, r.u64())
        return name, (what, r.vec(lambda: (r.u64(), r.take(32))) if what == "identities" else r.variant("off", "instructor", "all"))
    if name == "talk":
        what = r.variant("done", "page", "message", "reacted", "rules")
        check(what == "rules", f"{what} of room chat is not for this client")
        return name, (r.bool(), r.u16())
    check(name == "closing", f"{name} is not for this client")
    reason = r.variant("removed", "replaced", "server stopping", "overrun", "protocol error", "room closed")
    return name, (reason, r.string() if reason in ("removed", "protocol error", "room closed") else None)


# ---- the control connection ----


class Control:
    def __init__(self, link):
        self.socket = self.tls = None
        for host in link["hosts"]:
            try:
                self.socket = socket.create_connection((host, link["port"]), timeout=5)
                break
            except OSError:
                continue
        check(self.socket, "no address answers")
        self.socket.settimeout(None)
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
        self.tls = SSL.Connection(context, self.socket)
        self.tls.set_connect_state()
        self.tls.do_handshake()
        certificate = crypto.dump_certificate(crypto.FILETYPE_ASN1, self.tls.get_peer_certificate())
        if hashlib.sha256(certificate).digest() != link["fingerprint"]:
            self.tls.close()
            raise Broken("another certificate: nothing was sent")
        self.secret = self.tls.export_keying_material(b"EXPORTER-lectern-media-v1", 32, None)
        self.address = self.socket.getpeername()[0]
        self.buffer = b""
        self.joined, self.pinged = False, time.monotonic()

    def send(self, body):
        self.tls.sendall(struct.pack(">I", len(body)) + body)

    def receive(self, form):
        while True:
            if len(self.buffer) >= 4:
                length = struct.unpack(">I", self.buffer[:4])[0]
                check(length <= 524288, "a message is too long")
                if len(self.buffer) >= 4 + length:
                    r = Reader(self.buffer[4 : 4 + length])
                    self.buffer = self.buffer[4 + length :]
                    message = form(r)
                    r.end()
                    return message
            self.wait()
            self.buffer += self.tls.recv(65536)

    def wait(self):
        """Until there is something to receive; pings meanwhile, once joined."""
        while not self.tls.pending():
            due = self.pinged + PING_EVERY - time.monotonic()
            if select.select([self.socket], [], [], max(due, 0))[0]:
                return
            if self.joined:
                self.ping(0)
            self.pinged = time.monotonic()

    def hello(self):
        self.send(b"LECTERN\0" + struct.pack(">HH", 1, 1) + string("stranger 1"))

        def reply(r):
            if r.variant("welcome", "refused") == "welcome":
                return {"version": r.u16(), "server": r.string(), "agent": r.string(), "boot_id": r.u64()}
            raise Broken(f"refused: versions {r.u16()} to {r.u16()} of {r.string()}")

        return self.receive(reply)

    def login(self, room, name, proof):
        self.send(string(room) + string(name) + proof)
        reply = self.receive(login_reply)
        self.joined = reply[0] == "joined"
        return reply

    def ping(self, number):
        self.send(struct.pack(">IQ", 0, number))
        self.pinged = time.monotonic()


def password(text):
    return struct.pack(">I", 0) + string(text)


# ---- keys ----


def hkdf(secret, info):
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\1", hashlib.sha256).digest()


def nonce(counter):
    return struct.pack(">IQ", 0, counter)


# ---- the media connection ----


class Media:
    def __init__(self, address, port, session, secret, keys):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(10)
        self.socket.connect((address, port))
        challenge = self.read(40)
        check(challenge[:4] == b"LCTM" and challenge[4:8] == b"\0\1\0\0", "not a challenge of version 1")
        challenge = challenge[8:]
        number = struct.pack(">Q", session)
        answer = hmac.new(hkdf(secret, b"lectern media hello v1"), challenge + number, hashlib.sha256).digest()
        self.socket.sendall(b"\0\1\0\0" + number + answer)
        self.up, self.sent = AESGCM(hkdf(secret, b"lectern media c2s v1" + challenge)), 0
        self.down, self.opened = AESGCM(hkdf(secret, b"lectern media s2c v1" + challenge)), 0
        self.keys, self.request = keys, 0
        name, self.accepted_us = self.message()
        check(name == "accepted", "the hello was not accepted")

    def read(self, n):
        data = b""
        while len(data) < n:
            piece = self.socket.recv(n - len(data))
            check(piece, "the media connection was closed")
            data += piece
        return data

    def ask(self, body):
        prefix = struct.pack(">H", len(body) + TAG)
        self.socket.sendall(prefix + self.up.encrypt(nonce(self.sent), body, prefix))
        self.sent += 1

    def message(self):
        """A reply, or ("records", (request, epoch, bytes))."""
        header = self.read(16)
        kind, code, _, epoch, request, length = struct.unpack(">BBHIII", header)
        check(kind != 3, f"the hello was refused with code {code}")
        if kind == 1:
            check(length <= 262144, "a piece is too long")
            return "records", (request, epoch, self.read(length))
        check(kind == 2 and length <= 1024, "not a header")
        r = Reader(self.down.decrypt(nonce(self.opened), self.read(length), header))
        self.opened += 1
        if r.variant("accepted", "ended") == "accepted":
            reply = "accepted", r.u64()
        else:
            reply = "ended", (r.u32(), r.variant("cancelled", "not found", "busy", "unreadable"))
        r.end()
        return reply

    def fetch(self, chunk, first=0):
        """The plaintext of a chunk from a record on, or why there is none."""
        self.request += 1
        self.ask(struct.pack(">II", 0, self.request) + chunk + struct.pack(">I", first))
        pieces, plain, index, last, cipher = b"", [], first, False, None
        while not last:
            name, value = self.message()
            if name == "ended":
                check(value[0] == self.request, "another request ended")
                return value[1]
            request, epoch, data = value
            check(request == self.request, "records of another request")
            if cipher is None:
                used = epoch
                cipher = AESGCM(hkdf(self.keys[epoch], b"lectern chunk v1" + struct.pack(">I", epoch) + chunk))
            check(epoch == used, "the epoch changed within a fetch")
            pieces += data
            while len(pieces) >= 6:
                word, length = struct.unpack(">IH", pieces[:6])
                if len(pieces) < 6 + length:
                    break
                check(word & 0x7FFFFFFF == index and not last, "records are out of order")
                plain.append(cipher.decrypt(nonce(index), pieces[6 : 6 + length], pieces[:4]))
                last, index, pieces = bool(word >> 31), index + 1, pieces[6 + length :]
                check(last or len(plain[-1]) == RECORD, "a record in the middle is not full")
        check(not pieces, "bytes follow the last record")
        return b"".join(plain)

    def whole(self, name, length):
        data = self.fetch(name)
        check(isinstance(data, bytes), f"the chunk did not come: {data}")
        check(len(data) == length and hashlib.sha256(data).digest() == name, "the chunk is not what its name says")
        return data


# ---- segments ----


def boxes(data):
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        check(8 <= size <= len(data) - at, "a box is longer than its parent")
        yield kind.decode("ascii"), data[at + 8 : at + size]
        at += size


def inside(data, *path):
    for name in path:
        found = [body for kind, body in boxes(data) if kind == name]
        check(found, f"there is no {name}")
        data = found[0]
    return data


def media_start(init):
    version, count = struct.unpack(">B3xI", inside(init, "moov", "trak", "edts", "elst")[:8])
    check(count == 1, "the edit list has not one entry")
    body = inside(init, "moov", "trak", "edts", "elst")[8:]
    return struct.unpack(">q", body[8:16])[0] if version == 1 else struct.unpack(">i", body[4:8])[0]


def samples(segment, start):
    """(presentation time, duration of presentation, keyframe, bytes) of each sample, in decode order."""
    moof, mdat = inside(segment, "moof"), inside(segment, "mdat")
    check([kind for kind, _ in boxes(segment)] == ["styp", "moof", "mdat"], "the boxes are not styp, moof, mdat")
    r = Reader(inside(moof, "traf", "tfhd"))
    flags = r.u32() & 0xFFFFFF
    check(flags & 0x020000 and r.u32() == 1, "the base is not the moof, or the track not 1")
    check(not flags & 0x000001, "there is a base offset")
    default = {bit: r.u32() for bit in (0x2, 0x8, 0x10, 0x20) if flags & bit}
    r = Reader(inside(moof, "traf", "tfdt"))
    time_of_decoding = r.u64() if r.u32() >> 24 == 1 else r.u32()
    r = Reader(inside(moof, "traf", "trun"))
    flags, count = r.u32() & 0xFFFFFF, r.u32()
    check(flags & 1, "there is no data offset")
    data_offset = r.u32()
    first_flags = r.u32() if flags & 4 else None
    out, at = [], data_offset - (len(moof) + 8 + 8)
    check(at == 0, "the first sample does not stand right behind the header of mdat")
    decoded = time_of_decoding
    for i in range(count):
        duration = r.u32() if flags & 0x100 else default[0x8]
        size = r.u32() if flags & 0x200 else default[0x10]
        own_flags = r.u32() if flags & 0x400 else (first_flags if i == 0 and first_flags is not None else default[0x20])
        offset = struct.unpack(">i", r.take(4))[0] if flags & 0x800 else 0
        out.append([decoded + offset - start, not own_flags & 0x10000, mdat[at : at + size]])
        decoded, at = decoded + duration, at + size
    check(at == len(mdat), "mdat is longer than its samples")
    return out, decoded - time_of_decoding


def read_track(media, track, path):
    init = media.whole(bytes.fromhex(track["init"]), track["init_bytes"])
    start, is_video = media_start(init), track["kind"]["type"] == "video"
    total, expected = 0, 0
    with open(path, "wb") as out:
        out.write(init)
        for segment in track["segments"]:
            check(segment["start"] == expected, "segments do not follow one another")
            expected += segment["duration"]
            data = media.whole(bytes.fromhex(segment["chunk"]), segment["bytes"])
            out.write(data)
            found, length = samples(data, start)
            times = sorted(s[0] for s in found)
            check(len(found) == segment["samples"], "another number of samples than the manifest says")
            priming = start if not is_video and times[0] < 0 else 0
            check(times[0] + priming == segment["start"], f"the first sample is at {times[0]}, not at {segment['start']}")
            check(length - priming == segment["duration"], "the segment is not as long as the manifest says")
            check(not is_video or found[0][1], "the segment does not start with a keyframe")
            total += len(found)
    return {"kind": track["kind"], "samples": total, "file": path}


# ---- the visit ----


def main():
    link, secret_word, folder = parse_link(sys.argv[1]), sys.argv[2], sys.argv[3]

    wrong = dict(link, fingerprint=bytes(32))
    try:
        Control(wrong)
        raise SystemExit("a wrong certificate was taken")
    except Broken as why:
        check("certificate" in str(why), str(why))

    control = Control(link)
    welcome = control.hello()
    check(welcome["version"] == 1, "another version")
    refused = control.login(link["room"], "Stranger", password(secret_word + "?"))
    check(refused == ("refused", ("wrong room or password", None)), f"a wrong password: {refused}")
    answer, me = control.login(link["room"], "Stranger", password(secret_word))
    check(answer == "joined", f"the right password: {me}")

    keys, people, videos = {me["epoch"]: me["room_key"]}, {}, collections.OrderedDict()

    def follow(wanted):
        until = time.monotonic() + 120
        while not wanted():
            check(time.monotonic() < until, "nothing happened for 120 s")
            name, value = control.receive(event)
            if name == "people":
                people.update({p["id"]: p for p in value})
            elif name == "videos":
                videos.update({v["id"]: v for v in value})
            elif name == "media epoch":
                keys[value[0]] = value[1]
            elif name == "closing":
                raise Broken(f"closed: {value}")
            seen.append((name, value))

    seen = []
    follow(lambda: any(name == "synchronised" for name, _ in seen))
    check(people[me["you"]]["name"] == me["name"], "I am not in the roster")
    control.ping(77)
    follow(lambda: any(name == "pong" and value[0] == 77 for name, value in seen))

    follow(lambda: any(v["state"][0] == "ready" for v in videos.values()))
    video = next(v for v in videos.values() if v["state"][0] == "ready")

    media = Media(control.address, me["video_port"], me["session"], control.secret, keys)
    reference = video["state"][1]
    manifest = json.loads(media.whole(reference["chunk"], reference["bytes"]))
    check(manifest["version"] == 1, "another version of the manifest")
    tracks = [read_track(media, t, f"{folder}/track-{i}.mp4") for i, t in enumerate(manifest["tracks"])]
    rungs = [t["kind"]["rung"] for t in manifest["tracks"] if t["kind"]["type"] == "video"]
    check(rungs == video["rungs"], "the catalogue names other rungs than the manifest")
    check(media.whole(video["thumbnail"]["chunk"], video["thumbnail"]["bytes"])[:3] == b"\xff\xd8\xff", "the thumbnail is no JPEG")

    # A fetch that goes on in the middle, one of something that is not there, and one that is given up.
    large = max((s for t in manifest["tracks"] for s in t["segments"]), key=lambda s: s["bytes"])
    name = bytes.fromhex(large["chunk"])
    check(large["bytes"] > 2 * RECORD, "no chunk is large enough")
    check(media.fetch(name, 2) == media.fetch(name)[2 * RECORD :], "the rest is not the rest")
    check(media.fetch(bytes(32)) == "not found", "a chunk that is not there")
    check(media.fetch(name, 100000) == "not found", "a record that is not there")
    # So much is asked for, and not read, that the last cannot be on its way when it is given up.
    numbers = range(1000, 1000 + 30)
    for number in numbers:
        media.ask(struct.pack(">II", 0, number) + name + struct.pack(">I", 0))
    media.ask(struct.pack(">II", 1, numbers[-1]))
    ended, seen_requests = None, set()
    while ended is None:
        kind, value = media.message()
        ended = value if kind == "ended" else seen_requests.add(value[0])
    check(ended == (numbers[-1], "cancelled"), f"a cancelled fetch: {ended}")
    check(numbers[-1] not in seen_requests, "records of a fetch that had not begun")

    # A second media connection of the same session; then the seat, taken again by its token.
    Media(control.address, me["audio_port"], me["session"], control.secret, keys).whole(reference["chunk"], reference["bytes"])
    again = Control(link)
    again.hello()
    answer, same = again.login(link["room"], "", struct.pack(">I", 2) + me["seat"])
    check(answer == "joined" and same["you"] == me["you"] and same["name"] == me["name"], "the seat was not found again")
    again.send(struct.pack(">I", 1))

    print(json.dumps({"video": video["title"], "people": len(people), "tracks": tracks, "thirds": me["thirds"]}))


if __name__ == "__main__":
    main()
