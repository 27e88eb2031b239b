// Why something is not there, and what would help.

import { explain } from '../api/wording';
import { useWords } from '../words';

export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const words = useWords();
  const { sentence, details } = explain(error, words);
  return (
    <div class="failure" role="alert">
      <p>{sentence}</p>
      <ServerSentence text={details} />
      {again && <button type="button" onClick={again}>{words.shell.tryAgain}</button>}
    </div>
  );
}

/** A sentence of the server, which is in English whatever the page's language. */
export function ServerSentence({ text }: { text: string }) {
  const { language, shell } = useWords();
  return text === '' ? null : (
    <p class="server-sentence">
      {language !== 'en' && <span class="hint">{shell.serverSays}: </span>}
      <span lang="en">{text}</span>
    </p>
  );
}

export function Waiting() {
  const { shell } = useWords();
  return <p class="waiting" role="status">{shell.loading}…</p>;
}
