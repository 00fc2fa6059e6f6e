// Recognises images by their first bytes: a received message has no name and no type.
//
// Only formats that cannot carry scripts are named, so SVG is not.

const SIGNATURES = [
  { type: "image/png", extension: "png", at: 0, bytes: "\x89PNG" },
  { type: "image/jpeg", extension: "jpg", at: 0, bytes: "\xff\xd8\xff" },
  { type: "image/gif", extension: "gif", at: 0, bytes: "GIF8" },
  { type: "image/webp", extension: "webp", at: 8, bytes: "WEBP" },
  { type: "image/avif", extension: "avif", at: 4, bytes: "ftypavif" },
];

/** The `{ type, extension }` of the image in these bytes, or nothing. */
export function recogniseImage(bytes) {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  return SIGNATURES.find((signature) => start.startsWith(signature.bytes, signature.at));
}
