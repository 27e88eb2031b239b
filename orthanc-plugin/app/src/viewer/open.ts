// Opening the images of a result: the library, the CT and the labels come one after another, while the values already stand there.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/http';
import { type Resource, fileUrl, path } from '../api/measurements';
import type { Report } from '../api/report';
import type { LabelNames } from './labels';
import { LoadError, load, mostVoxels } from './load';
import { WINDOWS, windowFor } from './planes';
import type { Scene } from './scene';

type Place = [number, number, number];

export type Opened =
  | { state: 'loading'; share: number }
  | { state: 'failed'; why: 'noGraphics' | 'noImage' | 'tooLarge' }
  | { state: 'open'; scene: Scene; factor: number; names: LabelNames; centres: Map<number, Place> };

/** Follows one result from its first byte until its component goes. */
export function useScene(canvas: HTMLCanvasElement | null, resource: Resource, report: Report, tab: string): Opened {
  const [opened, setOpened] = useState<Opened>({ state: 'loading', share: 0 });
  useEffect(() => {
    if (!canvas) {
      return undefined;
    }
    const control = new AbortController();
    let scene: Scene | undefined;
    const show = (next: Opened) => control.signal.aborted || setOpened(next);
    open(canvas, resource, tab, control.signal, show).then(
      (complete) => {
        scene = complete;
        if (control.signal.aborted) {
          complete.close();
        }
      },
      (error: unknown) => show({ state: 'failed', why: reasonOf(error) }),
    );
    return () => {
      control.abort();
      scene?.close();
    };
  }, [canvas, report]);
  return opened;
}

class NoGraphics extends Error {}

function reasonOf(error: unknown): 'noGraphics' | 'noImage' | 'tooLarge' {
  if (error instanceof NoGraphics) {
    return 'noGraphics';
  }
  // Memory that the browser does not give.
  return error instanceof RangeError || (error instanceof LoadError && error.status === 413) ? 'tooLarge' : 'noImage';
}

async function open(
  canvas: HTMLCanvasElement, resource: Resource, tab: string, signal: AbortSignal, show: (next: Opened) => void,
): Promise<Scene> {
  const scene = await graphics(canvas);
  try {
    const most = mostVoxels(scene.hasGraphicsCard);
    const fetched = (kind: 'image' | 'labels', progress: (share: number) => void) =>
      load({ url: absolute(fileUrl(resource, `${kind}.nii.gz`)), kind, mostVoxels: most }, signal, progress);
    const labels = fetched('labels', () => undefined).catch(() => undefined);
    const { volume } = await fetched('image', (share) => show({ state: 'loading', share }));
    await scene.showImage(volume, WINDOWS[windowFor(tab)]);
    const known: Extract<Opened, { state: 'open' }> = { state: 'open', scene, factor: volume.geometry.factor, names: {}, centres: new Map() };
    show(known);
    const labelled = await labels;
    if (labelled && !signal.aborted) {
      // Asked for when the labels are there: the server makes both at once, and answers this one without waiting.
      const table = await get<LabelNames>(path(resource, 'labels.json'), signal).catch(() => ({}));
      await scene.showLabels(labelled.volume, table);
      show({ ...known, names: table, centres: labelled.centres });
    }
    return scene;
  } catch (error) {
    scene.close();
    throw error;
  }
}

/** The library is large, and is fetched only where there is a CT to show. */
async function graphics(canvas: HTMLCanvasElement): Promise<Scene> {
  try {
    const { Scene } = await import('./scene');
    return await Scene.open(canvas);
  } catch {
    throw new NoGraphics();
  }
}

/** A worker's own address is another than the page's. */
function absolute(relative: string): string {
  return new URL(relative, document.baseURI).href;
}
