// What a file is, by its first bytes.

export type FileKind = 'empty' | 'dicom' | 'dicomdir' | 'zip' | 'other';

/** Bytes that tell it: preamble, prefix, and the beginning of what follows. */
const HEAD = 512;
const PREFIX_AT = 128;

export async function kindOf(file: Blob, path: string): Promise<FileKind> {
  return kindOfBytes(new Uint8Array(await file.slice(0, HEAD).arrayBuffer()), path);
}

export function kindOfBytes(head: Uint8Array, path: string): FileKind {
  if (head.length === 0) {
    return 'empty';
  }
  if (hasAscii(head, 0, 'PK\x03\x04') || hasAscii(head, 0, 'PK\x05\x06')) {
    return 'zip';
  }
  if (!hasAscii(head, PREFIX_AT, 'DICM') && !isBareDataset(head)) {
    return 'other';
  }
  return /(^|\/)DICOMDIR$/i.test(path) ? 'dicomdir' : 'dicom';
}

function hasAscii(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));
}

/** Early files have no preamble (PS3.10 is younger than DICOM): they begin with an element of group 0002 or 0008. */
function isBareDataset(head: Uint8Array): boolean {
  if (head.length < 8) {
    return false;
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const group = view.getUint16(0, true);
  const explicit = /^(UL|CS|UI|LO|DA|SH|OB)$/.test(String.fromCharCode(head[4] ?? 0, head[5] ?? 0));
  // Implicit: a length of four bytes, which the first element of a group keeps small.
  const implicit = view.getUint16(2, true) <= 0x0100 && view.getUint32(4, true) <= 128;
  return (group === 0x0002 || group === 0x0008) && (explicit || implicit);
}
