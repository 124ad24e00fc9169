// Ogg with Opus, which is what a voice message is. Browsers record WebM; the packets inside are the same.

const RATE = 48000; // samples a second, as Opus counts whatever was recorded
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe); // 20 ms of it
const HEAD = Uint8Array.of(...ascii("OpusHead"), 1, 1, ...little(312, 2), ...little(RATE, 4), 0, 0, 0);
const TAGS = Uint8Array.of(...ascii("OpusTags"), ...little(5, 4), ...ascii("phone"), ...little(0, 4));
const FIRST = 2, LAST = 4; // flags of a page

function ascii(text) {
  return [...text].map((letter) => letter.charCodeAt(0));
}

function little(number, length) {
  return Array.from({ length }, (_, index) => Math.floor(number / 256 ** index) % 256);
}

// What was recorded as a voice message: { blob, seconds }.
export async function voiceMessage(recorded) {
  const bytes = new Uint8Array(await recorded.arrayBuffer());
  return recorded.type.startsWith("audio/ogg") ? { blob: recorded, seconds: seconds(bytes) } : written(...unpacked(bytes));
}

export function silence(length) {
  return written(HEAD, Array(length * 50).fill(SILENCE));
}

// --- writing Ogg: one packet on each page

function written(head, packets) {
  const skipped = head[10] + 256 * head[11];
  let samples = 0;
  const pages = [page(head, FIRST, 0, 0), page(TAGS, 0, 0, 1)];
  packets.forEach((packet, index) => {
    samples += samplesOf(packet);
    pages.push(page(packet, index === packets.length - 1 ? LAST : 0, samples, index + 2));
  });
  return { blob: new Blob(pages, { type: "audio/ogg" }), seconds: rounded(samples - skipped) };
}

function page(packet, flags, samples, number) {
  const lacing = [...Array(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
  const made = Uint8Array.of(
    ...ascii("OggS"), 0, flags, ...little(samples, 8), ...little(1, 4), ...little(number, 4), 0, 0, 0, 0,
    lacing.length, ...lacing, ...packet,
  );
  made.set(little(checksum(made), 4), 22);
  return made;
}

function checksum(bytes) {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum << 1) ^ (sum < 0 ? 0x04c11db7 : 0);
  }
  return sum >>> 0;
}

function samplesOf(packet) {
  const kind = packet[0] >> 3;
  const lengths = kind < 12 ? [10, 20, 40, 60] : kind < 16 ? [10, 20] : [2.5, 5, 10, 20]; // ms of one frame
  const frames = [1, 2, 2, packet[1] & 63][packet[0] & 3];
  return (lengths[kind % lengths.length] * frames * RATE) / 1000;
}

function rounded(samples) {
  return Math.max(1, Math.round(samples / RATE));
}

// --- reading: how long an Ogg is, by its last page; the packets of a WebM

function seconds(ogg) {
  let at = ogg.length - 27;
  while (at > 0 && String.fromCharCode(...ogg.subarray(at, at + 4)) !== "OggS") at -= 1;
  return rounded(new DataView(ogg.buffer).getUint32(at + 6, true));
}

// Segment, Tracks, TrackEntry, Cluster, BlockGroup: what is in them counts, so their sizes do not
const CONTAINERS = new Set([0x18538067, 0x1654ae6b, 0xae, 0x1f43b675, 0xa0]);
const CODEC_PRIVATE = 0x63a2, BLOCKS = new Set([0xa3, 0xa1]);

function unpacked(webm) {
  let head = HEAD;
  const packets = [];
  let at = 0;
  const number = (mask) => {
    const width = Math.clz32(webm[at]) - 23;
    let value = webm[at] & (mask ? 0xff >> width : 0xff);
    for (let index = 1; index < width; index += 1) value = value * 256 + webm[at + index];
    at += width;
    return value;
  };
  while (at < webm.length) {
    const id = number(false);
    const size = number(true);
    if (CONTAINERS.has(id)) continue;
    const body = webm.subarray(at, at + size);
    if (id === CODEC_PRIVATE) head = body;
    if (BLOCKS.has(id)) packets.push(body.subarray(4)); // after the track, the time and the flags
    at += size;
  }
  return [head, packets];
}
