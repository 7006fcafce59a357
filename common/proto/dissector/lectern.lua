-- Wireshark and tshark read Lectern's packets with this: the control plane's frames (inside TLS, with the keys of one's own
-- connection), media over TCP and UDP, the beacon. docs/PROTOCOL.md explains every field; docs/LABS.md how to use this.
--
--   tshark -X lua_script:lectern.lua -r run.pcapng
--   Wireshark: copy it into the folder that Help > About > Folders calls "Personal Lua Plugins".
--
-- The variants' names stand in tables that a test compares with docs/PROTOCOL.md.

local CONTROL_PORT, VIDEO_PORT, AUDIO_PORT = 5511, 9000, 5858

-- names: begin
local HELLO_REPLY = { [0] = "Welcome", "Refused" }
local LOGIN_REPLY = { [0] = "Joined", "Refused", "Waiting" }
local REQUEST = {
  [0] = "Ping", "Leave", "Remove", "Want", "FetchAhead", "FetchedAhead", "Publish", "EndStream", "Report", "SetTogether", "GiveStage",
  "Quiet", "Freeze", "Record", "AllowRecording", "Chat", "Room", "Talk", "Account",
  "Speaking", "Lab",
}
local EVENT = {
  [0] = "Pong", "People", "PersonLeft", "Videos", "VideoRemoved", "Synchronised", "MediaEpoch", "Answer", "Closing", "Share",
  "FetchAhead", "FetchedAhead", "Streams", "StreamEnded", "Published", "Reports", "Together", "Stage", "Quiet", "Frozen", "Recorded",
  "RecordingAsked", "Chat", "Room", "Talk", "Account", "Lab",
}
-- names: end

local MEDIA_KIND = { [1] = "Chunk records", [2] = "Sealed reply", [3] = "Refused", [4] = "Live unit" }
local REFUSED = { [1] = "version", [2] = "unknown session or wrong answer", [3] = "too many connections of this seat" }
local DATAGRAM_KIND = { [1] = "Record", [2] = "Knock", [3] = "Challenge", [4] = "Hello", [5] = "Ask", [6] = "Tell", [7] = "Parity", [8] = "Lab" }
local BEACON_KIND = { [1] = "Probe", [2] = "Answer" }

local RECORD_MAX, RECORD_HEADER, TAG = 1200, 12, 16

---------------------------------------------------------------------------------------------------------------------------------
-- Control: length u32 | body. The first word of most bodies is the number of a variant.

local control = Proto("lectern", "Lectern control")
local cf = {
  length = ProtoField.uint32("lectern.length", "Length of the body", base.DEC),
  phase = ProtoField.string("lectern.phase", "Phase"),
  variant = ProtoField.uint32("lectern.variant", "Variant", base.DEC),
  name = ProtoField.string("lectern.name", "Message"),
  version_min = ProtoField.uint16("lectern.version_min", "Oldest version", base.DEC),
  version_max = ProtoField.uint16("lectern.version_max", "Newest version", base.DEC),
  version = ProtoField.uint16("lectern.version", "Version", base.DEC),
  text = ProtoField.string("lectern.text", "Text"),
  body = ProtoField.bytes("lectern.body", "Body"),
}
control.fields = cf
local long_frame = ProtoExpert.new("lectern.long", "longer than any message of the protocol", expert.group.MALFORMED, expert.severity.ERROR)
control.experts = { long_frame }
local CLIENT_MESSAGE_MAX, SERVER_MESSAGE_MAX = 98304, 524288

local stream_of = Field.new("tcp.stream")
local HELLO_MAGIC = "4c45435445524e00"

-- By TCP stream: which port is the client's, and in which frame the server said Joined.
local conversations = {}

local function conversation()
  local stream = stream_of()
  local key = stream and stream.value or -1
  conversations[key] = conversations[key] or {}
  return conversations[key]
end

local function is_client(pinfo, known)
  if known.client then return pinfo.src_port == known.client end
  return pinfo.dst_port == CONTROL_PORT
end

local function is_hello(body)
  return body:len() >= 12 and body(0, 8):bytes():tohex(true) == HELLO_MAGIC
end

-- A text: length u64 | UTF-8. Gives what is behind it, or nothing.
local function text(tree, body, at, label)
  if body:len() < at + 8 then return nil end
  local length = body(at, 8):uint64():tonumber()
  if body:len() < at + 8 + length then return nil end
  if length > 0 then
    tree:add(cf.text, body(at + 8, length)):set_text(label .. ": " .. body(at + 8, length):string(ENC_UTF_8))
  end
  return at + 8 + length
end

local function variant(tree, body, names)
  if body:len() < 4 then return "?" end
  local number = body(0, 4):uint()
  local name = names[number] or "unknown"
  tree:add(cf.variant, body(0, 4))
  tree:add(cf.name, body(0, 4), name)
  return name
end

local function control_message(tvb, pinfo, root)
  local known = conversation()
  local body = tvb(4):tvb()
  local hello = is_hello(body)
  if hello then known.client = known.client or pinfo.src_port end
  local from_client = is_client(pinfo, known)
  local tree = root:add(control, tvb())
  tree:add(cf.length, tvb(0, 4))
  if body:len() > (from_client and CLIENT_MESSAGE_MAX or SERVER_MESSAGE_MAX) then tree:add_proto_expert_info(long_frame) end

  local phase, name
  if hello then
    phase, name = "hello", "HelloRequest"
    tree:add(cf.name, name):set_generated()
    tree:add(cf.version_min, body(8, 2))
    tree:add(cf.version_max, body(10, 2))
    text(tree, body, 12, "Agent")
  elseif from_client then
    if known.joined and pinfo.number > known.joined then
      phase, name = "joined", variant(tree, body, REQUEST)
    else
      phase, name = "login", "LoginRequest"
      tree:add(cf.name, name):set_generated()
      local behind = text(tree, body, 0, "Room")
      if behind then text(tree, body, behind, "Name") end
    end
  else
    known.welcome = known.welcome or pinfo.number
    if pinfo.number == known.welcome then
      phase, name = "hello", variant(tree, body, HELLO_REPLY)
      if name == "Welcome" and body:len() >= 6 then
        tree:add(cf.version, body(4, 2))
        local behind = text(tree, body, 6, "Server")
        if behind then text(tree, body, behind, "Agent") end
      end
    else
      -- Joined and the first events may come in one frame; a Pong has 20 bytes, Joined more than 100.
      local is_joined = body:len() > 100 and body(0, 4):uint() == 0
      if is_joined and not known.joined then known.joined = pinfo.number end
      local before = not known.joined or pinfo.number < known.joined or (pinfo.number == known.joined and is_joined)
      if before then
        phase, name = "login", variant(tree, body, LOGIN_REPLY)
      else
        phase, name = "joined", variant(tree, body, EVENT)
      end
    end
  end
  tree:add(cf.phase, phase):set_generated()
  if body:len() > 0 then tree:add(cf.body, body()) end
  tree:append_text(string.format(", %s, %d bytes", name, body:len()))
  pinfo.cols.protocol = "Lectern"
  pinfo.cols.info:append(" " .. name)
  return tvb:len()
end

function control.dissector(tvb, pinfo, root)
  pinfo.cols.info = ""
  dissect_tcp_pdus(tvb, root, 4, function(t, _, offset) return 4 + t(offset, 4):uint() end, control_message)
  return tvb:len()
end

function control.init() conversations = {} end

---------------------------------------------------------------------------------------------------------------------------------
-- Records of live media, the same over TCP and UDP.

local record = Proto("lectern_record", "Lectern live record")
local rf = {
  kind = ProtoField.uint8("lectern_record.kind", "Kind", base.DEC),
  flags = ProtoField.uint8("lectern_record.flags", "Flags", base.HEX),
  first = ProtoField.bool("lectern_record.first", "First of its unit", 8, nil, 1),
  last = ProtoField.bool("lectern_record.last", "Last of its unit", 8, nil, 2),
  keyframe = ProtoField.bool("lectern_record.keyframe", "Of a keyframe", 8, nil, 4),
  track = ProtoField.uint16("lectern_record.track", "Track", base.DEC),
  epoch = ProtoField.uint32("lectern_record.epoch", "Epoch", base.DEC),
  counter = ProtoField.uint32("lectern_record.counter", "Counter", base.DEC),
  sealed = ProtoField.bytes("lectern_record.sealed", "Ciphertext"),
  tag = ProtoField.bytes("lectern_record.tag", "Tag"),
}
record.fields = rf

local function record_tree(tvb, root)
  local tree = root:add(record, tvb())
  tree:add(rf.kind, tvb(0, 1))
  local flags = tree:add(rf.flags, tvb(1, 1))
  flags:add(rf.first, tvb(1, 1))
  flags:add(rf.last, tvb(1, 1))
  flags:add(rf.keyframe, tvb(1, 1))
  tree:add(rf.track, tvb(2, 2))
  tree:add(rf.epoch, tvb(4, 4))
  tree:add(rf.counter, tvb(8, 4))
  if tvb:len() >= RECORD_HEADER + TAG then
    local sealed = tvb:len() - RECORD_HEADER - TAG
    if sealed > 0 then tree:add(rf.sealed, tvb(RECORD_HEADER, sealed)) end
    tree:add(rf.tag, tvb(tvb:len() - TAG, TAG))
  end
  local marks = bit.band(tvb(1, 1):uint(), 4) ~= 0 and " keyframe" or ""
  local said = string.format("track %d record %d%s", tvb(2, 2):uint(), tvb(8, 4):uint(), marks)
  tree:append_text(", " .. said)
  return said
end

---------------------------------------------------------------------------------------------------------------------------------
-- Media over TCP: challenge and hello, then sealed requests one way, frames the other way.

local media = Proto("lectern_media", "Lectern media")
local mf = {
  magic = ProtoField.string("lectern_media.magic", "Magic"),
  version = ProtoField.uint16("lectern_media.version", "Version", base.DEC),
  challenge = ProtoField.bytes("lectern_media.challenge", "Challenge"),
  session = ProtoField.uint64("lectern_media.session", "Session", base.HEX),
  answer = ProtoField.bytes("lectern_media.answer", "Answer"),
  length = ProtoField.uint32("lectern_media.length", "Length", base.DEC),
  kind = ProtoField.uint8("lectern_media.kind", "Kind", base.DEC, MEDIA_KIND),
  code = ProtoField.uint8("lectern_media.code", "Code", base.DEC),
  epoch = ProtoField.uint32("lectern_media.epoch", "Epoch", base.DEC),
  request = ProtoField.uint32("lectern_media.request", "Request or track", base.DEC),
  sealed = ProtoField.bytes("lectern_media.sealed", "Sealed"),
  body = ProtoField.bytes("lectern_media.body", "Body"),
}
media.fields = mf

-- No sealed request is shorter than its tag, so a length of 1 is the version in front of a hello; a server's first byte is the
-- `L` of its challenge, or a kind.
local function from_media_server(tvb, pinfo, offset)
  local port = pinfo.src_port
  if port == VIDEO_PORT or port == AUDIO_PORT or port == CONTROL_PORT then return true end
  port = pinfo.dst_port
  if port == VIDEO_PORT or port == AUDIO_PORT or port == CONTROL_PORT then return false end
  local first = tvb(offset, 1):uint()
  return first == 0x4C or (first >= 1 and first <= 4)
end

local function media_length(tvb, pinfo, offset)
  if from_media_server(tvb, pinfo, offset) then
    if tvb(offset, 1):uint() == 0x4C then return 40 end
    return 16 + tvb(offset + 12, 4):uint()
  end
  local length = tvb(offset, 2):uint()
  return length == 1 and 44 or 2 + length
end

local function media_message(tvb, pinfo, root)
  local tree = root:add(media, tvb())
  pinfo.cols.protocol = "Lectern media"
  local said
  if from_media_server(tvb, pinfo, 0) then
    if tvb(0, 1):uint() == 0x4C then
      said = "Challenge"
      tree:add(mf.magic, tvb(0, 4))
      tree:add(mf.version, tvb(4, 2))
      tree:add(mf.challenge, tvb(8, 32))
    else
      local kind = tvb(0, 1):uint()
      tree:add(mf.kind, tvb(0, 1))
      tree:add(mf.code, tvb(1, 1))
      tree:add(mf.epoch, tvb(4, 4))
      tree:add(mf.request, tvb(8, 4))
      tree:add(mf.length, tvb(12, 4))
      said = MEDIA_KIND[kind] or "unknown kind"
      if kind == 3 then said = said .. ": " .. (REFUSED[tvb(1, 1):uint()] or "?") end
      if tvb:len() > 16 then
        local body = tvb(16):tvb()
        local node = tree:add(mf.body, body())
        if kind == 4 then
          local at, count = 0, 0
          while at + RECORD_HEADER <= body:len() do
            local size = math.min(RECORD_MAX, body:len() - at)
            record_tree(body(at, size):tvb(), node)
            at, count = at + size, count + 1
          end
          said = string.format("%s, track %d, %d records", said, tvb(8, 4):uint(), count)
        end
      end
    end
  elseif tvb(0, 2):uint() == 1 then
    said = "Hello"
    tree:add(mf.version, tvb(0, 2))
    tree:add(mf.session, tvb(4, 8))
    tree:add(mf.answer, tvb(12, 32))
  else
    said = "Sealed request"
    tree:add(mf.length, tvb(0, 2))
    if tvb:len() > 2 then tree:add(mf.sealed, tvb(2)) end
  end
  tree:append_text(", " .. said)
  pinfo.cols.info:append(" " .. said)
  return tvb:len()
end

function media.dissector(tvb, pinfo, root)
  pinfo.cols.info = ""
  local header = from_media_server(tvb, pinfo, 0) and 16 or 2
  dissect_tcp_pdus(tvb, root, header, media_length, media_message)
  return tvb:len()
end

---------------------------------------------------------------------------------------------------------------------------------
-- Media over UDP.

local datagram = Proto("lectern_datagram", "Lectern datagram")
local df = {
  kind = ProtoField.uint8("lectern_datagram.kind", "Kind", base.DEC, DATAGRAM_KIND),
  version = ProtoField.uint8("lectern_datagram.version", "Version", base.DEC),
  session = ProtoField.uint64("lectern_datagram.session", "Session", base.HEX),
  cookie = ProtoField.bytes("lectern_datagram.cookie", "Cookie"),
  answer = ProtoField.bytes("lectern_datagram.answer", "Answer"),
  counter = ProtoField.uint64("lectern_datagram.counter", "Counter", base.DEC),
  sealed = ProtoField.bytes("lectern_datagram.sealed", "Sealed"),
  row = ProtoField.uint8("lectern_datagram.row", "Row", base.DEC),
  track = ProtoField.uint16("lectern_datagram.track", "Track", base.DEC),
  epoch = ProtoField.uint32("lectern_datagram.epoch", "Epoch", base.DEC),
  first = ProtoField.uint32("lectern_datagram.first", "First record", base.DEC),
  stride = ProtoField.uint8("lectern_datagram.stride", "Stride", base.DEC),
  count = ProtoField.uint8("lectern_datagram.count", "Records of the block", base.DEC),
  code = ProtoField.bytes("lectern_datagram.code", "Code"),
  tag = ProtoField.bytes("lectern_datagram.tag", "Tag"),
  run = ProtoField.uint64("lectern_datagram.run", "Run of the labs", base.HEX),
}
datagram.fields = df
local LEAST = { [1] = RECORD_HEADER + TAG, [2] = 64, [3] = 44, [4] = 76, [5] = 36, [6] = 36, [7] = 30, [8] = 36 }

function datagram.dissector(tvb, pinfo, root)
  if tvb:len() < 1 then return 0 end
  local kind = tvb(0, 1):uint()
  if not LEAST[kind] or tvb:len() < LEAST[kind] then return 0 end
  pinfo.cols.protocol = "Lectern live"
  local said = DATAGRAM_KIND[kind]
  local tree = root:add(datagram, tvb())
  tree:add(df.kind, tvb(0, 1))
  if kind == 1 then
    -- A capture on the sending machine may show several datagrams as one: all but the last have RECORD_MAX bytes.
    local at, count = 0, 0
    while at + RECORD_HEADER <= tvb:len() do
      local size = math.min(RECORD_MAX, tvb:len() - at)
      local one = record_tree(tvb(at, size):tvb(), tree)
      said, at, count = count == 0 and "Record, " .. one or said, at + size, count + 1
    end
    if count > 1 then said = string.format("%s and %d more", said, count - 1) end
  elseif kind <= 4 then
    tree:add(df.version, tvb(1, 1))
    tree:add(df.session, tvb(4, 8))
    if kind >= 3 then tree:add(df.cookie, tvb(12, 32)) end
    if kind == 4 then tree:add(df.answer, tvb(44, 32)) end
  elseif kind <= 6 then
    tree:add(df.session, tvb(4, 8))
    tree:add(df.counter, tvb(12, 8))
    tree:add(df.sealed, tvb(20))
    said = string.format("%s %s", said, tostring(tvb(12, 8):uint64()))
  elseif kind == 8 then
    -- A packet of a run of the labs that the server hands on.
    tree:add(df.run, tvb(4, 8))
    tree:append_text(", by way of the server")
    Dissector.get("lectern_arq"):call(tvb(12):tvb(), pinfo, root)
    return tvb:len()
  else
    tree:add(df.row, tvb(1, 1))
    tree:add(df.track, tvb(2, 2))
    tree:add(df.epoch, tvb(4, 4))
    tree:add(df.first, tvb(8, 4))
    tree:add(df.stride, tvb(12, 1))
    tree:add(df.count, tvb(13, 1))
    if tvb:len() > 30 then tree:add(df.code, tvb(14, tvb:len() - 30)) end
    tree:add(df.tag, tvb(tvb:len() - TAG, TAG))
    said = string.format("Parity, track %d row %d of %d records from %d", tvb(2, 2):uint(), tvb(1, 1):uint(), tvb(13, 1):uint(), tvb(8, 4):uint())
  end
  tree:append_text(", " .. said)
  pinfo.cols.info = said
  return tvb:len()
end

---------------------------------------------------------------------------------------------------------------------------------
-- The beacon.

local beacon = Proto("lectern_beacon", "Lectern beacon")
local bf = {
  version = ProtoField.uint8("lectern_beacon.version", "Version", base.DEC),
  kind = ProtoField.uint8("lectern_beacon.kind", "Kind", base.DEC, BEACON_KIND),
  port = ProtoField.uint16("lectern_beacon.port", "Control port", base.DEC),
  nonce = ProtoField.uint64("lectern_beacon.nonce", "Nonce", base.HEX),
  fingerprint = ProtoField.bytes("lectern_beacon.fingerprint", "Fingerprint"),
  name = ProtoField.string("lectern_beacon.name", "Server"),
  room = ProtoField.string("lectern_beacon.room", "Room"),
}
beacon.fields = bf

function beacon.dissector(tvb, pinfo, root)
  if tvb:len() < 16 or tvb(0, 4):string() ~= "LCTB" then return 0 end
  pinfo.cols.protocol = "Lectern beacon"
  local kind = tvb(5, 1):uint()
  local tree = root:add(beacon, tvb())
  tree:add(bf.version, tvb(4, 1))
  tree:add(bf.kind, tvb(5, 1))
  tree:add(bf.nonce, tvb(8, 8))
  local said = BEACON_KIND[kind] or "unknown kind"
  if kind == 2 and tvb:len() >= 50 then
    tree:add(bf.port, tvb(6, 2))
    tree:add(bf.fingerprint, tvb(16, 32))
    local at = 48
    for _, field in ipairs({ bf.name, bf.room }) do
      if at >= tvb:len() then break end
      local length = tvb(at, 1):uint()
      if at + 1 + length > tvb:len() then break end
      if length > 0 then
        tree:add(field, tvb(at + 1, length))
        said = said .. " " .. tvb(at + 1, length):string(ENC_UTF_8)
      end
      at = at + 1 + length
    end
  end
  tree:append_text(", " .. said)
  pinfo.cols.info = said
  return tvb:len()
end

---------------------------------------------------------------------------------------------------------------------------------
-- The labs' repeat request: found by how a packet begins, on any port.

local arq = Proto("lectern_arq", "Lectern repeat request")
local ARQ_KIND = { [1] = "Start", [2] = "Accept", [3] = "Data", [4] = "Ack", [5] = "Finish", [6] = "Finished", [7] = "Refuse", [8] = "Probe", [9] = "Probe answer" }
local ARQ_PROTOCOL = { [0] = "stop-and-wait", "go-back-N", "selective repeat" }
local ARQ_REFUSAL = { [1] = "busy", [2] = "too large", [3] = "settings", [4] = "unwanted" }
local ARQ_HEADER, ARQ_CHECKED = 24, 20
local af = {
  version = ProtoField.uint8("lectern_arq.version", "Version", base.DEC),
  kind = ProtoField.uint8("lectern_arq.kind", "Kind", base.DEC, ARQ_KIND),
  flags = ProtoField.uint8("lectern_arq.flags", "Flags", base.HEX),
  again = ProtoField.bool("lectern_arq.again", "Sent before", 8, nil, 1),
  duplicate = ProtoField.bool("lectern_arq.duplicate", "Had come before", 8, nil, 2),
  length = ProtoField.uint16("lectern_arq.length", "Length of the payload", base.DEC),
  transfer = ProtoField.uint32("lectern_arq.transfer", "Transfer", base.HEX),
  sequence = ProtoField.uint32("lectern_arq.sequence", "Sequence number", base.DEC),
  transmission = ProtoField.uint32("lectern_arq.transmission", "Transmission", base.DEC),
  crc = ProtoField.uint32("lectern_arq.crc", "CRC-32", base.HEX),
  crc_good = ProtoField.bool("lectern_arq.crc.good", "CRC-32 is right"),
  payload = ProtoField.bytes("lectern_arq.payload", "Payload"),
  range = ProtoField.string("lectern_arq.range", "Held"),
  protocol = ProtoField.uint8("lectern_arq.protocol", "Protocol", base.DEC, ARQ_PROTOCOL),
  bits = ProtoField.uint8("lectern_arq.bits", "Bits of a sequence number", base.DEC),
  size = ProtoField.uint16("lectern_arq.size", "Bytes of data in a packet", base.DEC),
  window = ProtoField.uint32("lectern_arq.window", "Window", base.DEC),
  bytes = ProtoField.uint64("lectern_arq.bytes", "Bytes of the file", base.DEC),
  name = ProtoField.string("lectern_arq.name", "File"),
  hash = ProtoField.bytes("lectern_arq.hash", "SHA-256"),
  same = ProtoField.bool("lectern_arq.same", "The same came"),
  damaged = ProtoField.uint32("lectern_arq.damaged", "Damaged packets", base.DEC),
  packets = ProtoField.uint64("lectern_arq.packets", "Packets that came", base.DEC),
  duplicates = ProtoField.uint64("lectern_arq.duplicates", "Came before", base.DEC),
  refusal = ProtoField.uint8("lectern_arq.refusal", "Why not", base.DEC, ARQ_REFUSAL),
}
arq.fields = af
local bad_crc = ProtoExpert.new("lectern_arq.crc.bad", "The packet was damaged: its CRC-32 is wrong", expert.group.CHECKSUM, expert.severity.WARN)
local repeated = ProtoExpert.new("lectern_arq.repeat", "Sent again", expert.group.SEQUENCE, expert.severity.NOTE)
local needless = ProtoExpert.new("lectern_arq.needless", "For data that had come before", expert.group.SEQUENCE, expert.severity.NOTE)
arq.experts = { bad_crc, repeated, needless }

-- CRC-32 of IEEE 802.3, over the first 20 bytes and the payload.
local crc_table = {}
for i = 0, 255 do
  local c = i
  for _ = 1, 8 do c = bit.bxor(bit.rshift(c, 1), bit.band(0xEDB88320, -bit.band(c, 1))) end
  crc_table[i] = c
end

local function crc_over(crc, bytes)
  for i = 0, bytes:len() - 1 do
    crc = bit.bxor(crc_table[bit.band(bit.bxor(crc, bytes:get_index(i)), 0xFF)], bit.rshift(crc, 8))
  end
  return crc
end

local function crc_of(tvb)
  local crc = crc_over(0xFFFFFFFF, tvb(0, ARQ_CHECKED):bytes())
  if tvb:len() > ARQ_HEADER then crc = crc_over(crc, tvb(ARQ_HEADER):bytes()) end
  return bit.bnot(crc) % 0x100000000
end

local function arq_packet(tvb, root)
  local kind, flags, sequence = tvb(4, 1):uint(), tvb(5, 1):uint(), tvb(12, 4):uint()
  local tree = root:add(arq, tvb())
  tree:add(af.version, tvb(3, 1))
  tree:add(af.kind, tvb(4, 1))
  local marks = tree:add(af.flags, tvb(5, 1))
  marks:add(af.again, tvb(5, 1))
  marks:add(af.duplicate, tvb(5, 1))
  tree:add(af.length, tvb(6, 2))
  tree:add(af.transfer, tvb(8, 4))
  local crc = tree:add(af.crc, tvb(20, 4))
  local good = crc_of(tvb) == tvb(20, 4):uint()
  tree:add(af.crc_good, tvb(20, 4), good):set_generated()
  if not good then crc:add_proto_expert_info(bad_crc) end

  local said = ARQ_KIND[kind] or "unknown kind"
  local body = tvb:len() > ARQ_HEADER and tvb(ARQ_HEADER) or nil
  local size = tvb:len() - ARQ_HEADER
  if kind == 3 then
    tree:add(af.sequence, tvb(12, 4))
    tree:add(af.transmission, tvb(16, 4))
    if body then tree:add(af.payload, body) end
    said = string.format("Data %d, %d bytes", sequence, size)
    if bit.band(flags, 1) ~= 0 then
      said = said .. ", again"
      tree:add_proto_expert_info(repeated)
    end
  elseif kind == 4 then
    tree:add(af.sequence, tvb(12, 4)):append_text(" (all before it came)")
    tree:add(af.transmission, tvb(16, 4))
    said = string.format("Ack %d", sequence)
    local held = {}
    for at = ARQ_HEADER, ARQ_HEADER + size - 8, 8 do
      local first, count = tvb(at, 4):uint(), tvb(at + 4, 4):uint()
      local words = count == 1 and tostring(first) or string.format("%d to %d", first, first + count - 1)
      tree:add(af.range, tvb(at, 8), words)
      held[#held + 1] = words
    end
    if #held > 0 then said = said .. ", holds " .. table.concat(held, ", ") end
    if bit.band(flags, 2) ~= 0 then tree:add_proto_expert_info(needless) end
  elseif kind == 1 and size >= 17 then
    tree:add(af.protocol, tvb(24, 1))
    tree:add(af.bits, tvb(25, 1))
    tree:add(af.size, tvb(26, 2))
    tree:add(af.window, tvb(28, 4))
    tree:add(af.bytes, tvb(32, 8))
    tree:add(af.name, tvb(40))
    said = string.format("Start %s, %s bytes, %s, window %d", tvb(40):string(ENC_UTF_8), tostring(tvb(32, 8):uint64()),
      ARQ_PROTOCOL[tvb(24, 1):uint()] or "?", tvb(28, 4):uint())
  elseif kind == 5 and size == 32 then
    tree:add(af.hash, body)
  elseif kind == 6 and size == 24 then
    tree:add(af.same, tvb(24, 1))
    tree:add(af.damaged, tvb(28, 4))
    tree:add(af.packets, tvb(32, 8))
    tree:add(af.duplicates, tvb(40, 8))
    said = said .. (tvb(24, 1):uint() == 1 and ", the same" or ", not the same")
  elseif kind == 7 and size == 1 then
    tree:add(af.refusal, tvb(24, 1))
    said = said .. ", " .. (ARQ_REFUSAL[tvb(24, 1):uint()] or "?")
  end
  if not good then said = said .. " [damaged]" end
  tree:append_text(", " .. said)
  return said
end

function arq.dissector(tvb, pinfo, root)
  if tvb:len() < ARQ_HEADER or tvb(0, 3):string() ~= "ARQ" then return 0 end
  pinfo.cols.protocol = "Lectern ARQ"
  -- A capture on the sending machine may show several datagrams as one.
  local all, at = {}, 0
  while at + ARQ_HEADER <= tvb:len() and tvb(at, 3):string() == "ARQ" do
    local size = ARQ_HEADER + tvb(at + 6, 2):uint()
    if size > tvb:len() - at or at + size + ARQ_HEADER > tvb:len() then size = tvb:len() - at end
    all[#all + 1] = arq_packet(tvb(at, size):tvb(), root)
    at = at + size
  end
  pinfo.cols.info = table.concat(all, " | ")
  return tvb:len()
end

local function is_arq(tvb, pinfo, root)
  if tvb:len() < ARQ_HEADER or tvb(0, 3):string() ~= "ARQ" or tvb(3, 1):uint() ~= 1 then return false end
  arq.dissector(tvb, pinfo, root)
  return true
end

arq:register_heuristic("udp", is_arq)

-- The same by way of a server, on any port.
local function is_handed_on(tvb, pinfo, root)
  if tvb:len() < 12 + ARQ_HEADER or tvb(0, 4):uint() ~= 0x08000000 or tvb(12, 3):string() ~= "ARQ" then return false end
  datagram.dissector(tvb, pinfo, root)
  return true
end

datagram:register_heuristic("udp", is_handed_on)

---------------------------------------------------------------------------------------------------------------------------------
-- Where they are found. Other ports: "Decode as", or -d tcp.port==9001,lectern_media.

local function try_add(name, pattern, proto)
  local table = DissectorTable.get(name)
  if table then table:add(pattern, proto) end
end

try_add("tls.port", CONTROL_PORT, control)
try_add("tls.alpn", "lectern-media/1", media)
for _, port in ipairs({ VIDEO_PORT, AUDIO_PORT }) do
  try_add("tcp.port", port, media)
  try_add("udp.port", port, datagram)
end
try_add("udp.port", CONTROL_PORT, beacon)
try_add("tcp.port", 0, media)
try_add("udp.port", 0, datagram)
