// One file to Orthanc.

import { sentenceOf, url } from '../api/http';

export type Answer =
  | { outcome: 'stored' | 'duplicate'; study: string }
  | { outcome: 'refused' | 'failed'; status: number; details: string };

interface Stored {
  ParentStudy: string;
  Status: string;
}

/** Posts `file` as one instance; `sent` hears how many bytes are on their way. `fetch` does not tell that. */
export function send(file: Blob, signal: AbortSignal, sent: (bytes: number) => void): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const end = (answer: Answer) => {
      signal.removeEventListener('abort', stop);
      resolve(answer);
    };
    request.open('POST', url('instances'));
    request.upload.onprogress = (event) => sent(event.loaded);
    request.onload = () => end(understood(request));
    request.onerror = request.onabort = () => end({ outcome: 'failed', status: 0, details: '' });
    signal.addEventListener('abort', stop);
    // A Blob with a type of its own would be taken for a form or an archive.
    request.setRequestHeader('Content-Type', 'application/dicom');
    request.send(file);
  });
}

function understood(request: XMLHttpRequest): Answer {
  const { status, responseText } = request;
  if (status !== 200) {
    // 400 and 415 are about this file; everything else is about the server or the way to it.
    const outcome = status === 400 || status === 415 ? 'refused' : 'failed';
    return { outcome, status, details: sentenceOf(responseText) };
  }
  try {
    const { ParentStudy, Status } = JSON.parse(responseText) as Stored;
    return { outcome: Status === 'AlreadyStored' ? 'duplicate' : 'stored', study: ParentStudy };
  } catch {
    return { outcome: 'failed', status, details: '' };
  }
}
