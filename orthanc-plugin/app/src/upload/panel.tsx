// Where files are dropped, and what became of each.

import { useEffect, useRef, useState } from 'preact/hooks';
import { bytes } from '../results/format';
import { useWords } from '../words';
import { Account } from './account';
import { type Tally, emptyTally, run } from './run';
import { type Found, dropped, filesBelow, filesOf } from './walk';

/** Shorter intervals than this nobody reads, and each costs a layout of the page. */
const REFRESH_MS = 100;

export function UploadPanel({ ended }: { ended: () => void }) {
  const { upload } = useWords();
  const [tally, setTally] = useState<Tally>();
  const control = useRef<AbortController>(undefined);
  const busy = tally !== undefined && !tally.ended;
  useWarningWhile(busy, upload.leaving);

  const begin = async (files: AsyncIterable<Found>) => {
    control.current = new AbortController();
    setTally(emptyTally());
    const changed = throttled((latest) => setTally({ ...latest }));
    setTally({ ...(await run(files, { signal: control.current.signal, changed })) });
    ended();
  };

  return (
    <section class="card upload" aria-labelledby="upload-title">
      <h2 id="upload-title">{upload.upload}</h2>
      <DropPlace busy={busy} begin={begin} />
      {tally && <Progress tally={tally} stop={() => control.current?.abort()} />}
      {tally && <Account tally={tally} />}
    </section>
  );
}

function DropPlace({ busy, begin }: { busy: boolean; begin: (files: AsyncIterable<Found>) => void }) {
  const { upload } = useWords();
  const [over, setOver] = useState(false);
  const take = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!busy && event.dataTransfer) {
      begin(filesBelow(dropped(event.dataTransfer)));
    }
  };
  const chosen = (input: HTMLInputElement) => {
    begin(filesOf([...(input.files ?? [])]));
    input.value = '';
  };
  useDropsElsewhereIgnored();
  return (
    <div
      id="drop-place" class={`drop-place${over ? ' over' : ''}`} onDrop={take}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
    >
      <p>{upload.dropHere}</p>
      <p class="choose">
        <span>{upload.orChoose}</span>
        <label class="button">
          <input id="choose-files" type="file" multiple disabled={busy} onChange={(event) => chosen(event.currentTarget)} />
          {upload.chooseFiles}
        </label>
        <label class="button">
          <input
            id="choose-folder" type="file" multiple disabled={busy}
            ref={(input) => input?.setAttribute('webkitdirectory', '')} onChange={(event) => chosen(event.currentTarget)}
          />
          {upload.chooseFolder}
        </label>
      </p>
    </div>
  );
}

function Progress({ tally, stop }: { tally: Tally; stop: () => void }) {
  const { upload, language } = useWords();
  const share = tally.ended || tally.bytesFound === 0 ? Number(tally.ended) : tally.bytesDone / tally.bytesFound;
  const said = tally.ended ? (tally.stopped ? upload.stopped : upload.finished) : upload.uploading;
  const files = tally.files.toLocaleString(language);
  return (
    <div class="progress">
      <progress id="upload-progress" max={1} value={share} aria-label={upload.uploading} />
      <p>
        <strong id="upload-state" role="status">{said}</strong>
        <span>{upload.progress(bytes(tally.bytesDone), bytes(tally.bytesFound), files)}</span>
        {!tally.walked && !tally.ended && <span class="hint">{upload.stillLooking}</span>}
        {!tally.ended && <button type="button" onClick={stop}>{upload.stop}</button>}
      </p>
      {tally.ended && tally.files === 0 && <p class="failure">{upload.nothingFound}</p>}
    </div>
  );
}

/** A file dropped beside the place would otherwise replace the page. */
function useDropsElsewhereIgnored(): void {
  useEffect(() => {
    const ignore = (event: Event) => event.preventDefault();
    addEventListener('dragover', ignore);
    addEventListener('drop', ignore);
    return () => {
      removeEventListener('dragover', ignore);
      removeEventListener('drop', ignore);
    };
  }, []);
}

function useWarningWhile(busy: boolean, sentence: string): void {
  useEffect(() => {
    if (!busy) {
      return undefined;
    }
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault();
      return sentence;
    };
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [busy, sentence]);
}

function throttled(show: (tally: Tally) => void): (tally: Tally) => void {
  let last = 0;
  return (tally) => {
    if (performance.now() - last > REFRESH_MS) {
      last = performance.now();
      show(tally);
    }
  };
}
