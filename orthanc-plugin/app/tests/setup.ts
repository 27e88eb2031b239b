// What browsers have, and Node only since version 20.

import { File as NodeFile } from 'node:buffer';
import { webcrypto } from 'node:crypto';

globalThis.File ??= NodeFile as unknown as typeof File;
globalThis.crypto ??= webcrypto as unknown as Crypto;
