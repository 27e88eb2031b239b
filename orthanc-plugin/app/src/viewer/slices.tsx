// The canvas and what moves it.

import { useEffect, useReducer, useState } from 'preact/hooks';
import { type Words, useWords } from '../words';
import { colorOf, labelOf } from './labels';
import type { Opened } from './open';
import { type Layout, PLANES, type Plane, WINDOWS, type WindowName, windowFor } from './planes';
import type { Scene, Under } from './scene';

interface Props {
  opened: Opened;
  setCanvas: (canvas: HTMLCanvasElement | null) => void;
  tab: string;
  shown: string | undefined;
}

const LAYOUTS: readonly Layout[] = ['threePlanes', 'axial', 'coronal', 'sagittal'];
const USUAL_OPACITY = 0.4;
const PAGE = 10;

export function Slices({ opened, setCanvas, tab, shown }: Props) {
  const words = useWords();
  const scene = opened.state === 'open' ? opened.scene : undefined;
  const [layout, setLayout] = useState<Layout>('threePlanes');
  const [chosen, setChosen] = useState<WindowName>();
  const window = chosen ?? windowFor(tab);
  const [opacity, setOpacity] = useState(USUAL_OPACITY);
  const [plane, setPlane] = useState<Plane>('axial');
  const [under, setUnder] = useState<Under>();
  const [, redraw] = useReducer((count: number) => count + 1, 0);

  useEffect(() => {
    if (scene) {
      scene.moved = () => redraw(undefined);
      scene.setOpacity(opacity);
      redraw(undefined);
    }
  }, [scene]);
  useEffect(() => scene?.setLayout(layout), [scene, layout]);
  useEffect(() => scene?.setWindow(WINDOWS[window]), [scene, window]);
  useShown(opened, shown);

  const chooseLayout = (next: Layout) => {
    setLayout(next);
    if (next !== 'threePlanes') {
      setPlane(next);
    }
  };
  const pressed = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const chosen = LAYOUTS[Number(event.key)];
    if (scene && step) {
      event.preventDefault();
      scene.setSlice(plane, scene.slice(plane) + step);
    } else if (chosen && event.key !== ' ') {
      chooseLayout(chosen);
    }
  };
  return (
    <>
      <Controls
        layout={layout} setLayout={chooseLayout} window={window} setWindow={setChosen} opacity={opacity}
        setOpacity={(next) => { setOpacity(next); scene?.setOpacity(next); }}
      />
      <div class="canvas-place">
        <canvas
          id="slices" ref={setCanvas} tabIndex={0} role="img" aria-label={words.viewer.canvas} onKeyDown={pressed}
          {...pointing(scene, setUnder, setPlane)}
        />
      </div>
      <p id="viewer-under" class="under">{said(under, opened, words)}</p>
      {scene && (layout === 'threePlanes' ? PLANES : [layout]).map((one) => <SliceSlider key={one} scene={scene} plane={one} />)}
      <Legend opened={opened} />
    </>
  );
}

const STEPS: { readonly [key: string]: number } = {
  ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: PAGE, PageDown: -PAGE,
};

/** To the structure that was chosen beside the images. */
function useShown(opened: Opened, shown: string | undefined): void {
  useEffect(() => {
    if (opened.state !== 'open' || shown === undefined) {
      return;
    }
    const label = Object.entries(opened.names).find(([, name]) => name === shown)?.[0];
    const place = opened.centres.get(Number(label));
    if (place) {
      opened.scene.lookAt(place);
    }
  }, [opened, shown]);
}

/** Wheel, drag and hover. */
function pointing(scene: Scene | undefined, setUnder: (under: Under | undefined) => void, setPlane: (plane: Plane) => void) {
  const at = (event: MouseEvent): [number, number] => [event.offsetX, event.offsetY];
  return {
    onWheel: (event: WheelEvent) => {
      const plane = scene?.planeAt(...at(event));
      if (scene && plane) {
        event.preventDefault();
        scene.setSlice(plane, scene.slice(plane) + (event.deltaY > 0 ? -1 : 1));
        setUnder(scene.under(...at(event)));
      }
    },
    onPointerDown: (event: PointerEvent) => {
      const plane = scene?.planeAt(...at(event));
      if (plane) {
        setPlane(plane);
        scene?.pointAt(...at(event));
      }
    },
    onPointerMove: (event: PointerEvent) => {
      if (event.buttons === 1) {
        scene?.pointAt(...at(event));
      }
      setUnder(scene?.under(...at(event)));
    },
    onPointerLeave: () => setUnder(undefined),
  };
}

function said(under: Under | undefined, opened: Opened, words: Words): string {
  if (under === undefined || opened.state !== 'open') {
    return words.viewer.hover;
  }
  const name = opened.names[String(under.label)];
  const { structure, side } = labelOf(name ?? '');
  return `${name ? words.structure(structure, side) : words.viewer.outside} · ${Math.round(under.hu)} HU`;
}

interface ControlProps {
  layout: Layout;
  setLayout: (layout: Layout) => void;
  window: WindowName;
  setWindow: (window: WindowName) => void;
  opacity: number;
  setOpacity: (opacity: number) => void;
}

function Controls({ layout, setLayout, window, setWindow, opacity, setOpacity }: ControlProps) {
  const { viewer: words } = useWords();
  return (
    <div class="viewer-controls">
      <label>
        {words.plane}
        <select id="viewer-plane" value={layout} onChange={(event) => setLayout(LAYOUTS[event.currentTarget.selectedIndex] ?? 'threePlanes')}>
          {LAYOUTS.map((one) => <option key={one} value={one}>{words[one]}</option>)}
        </select>
      </label>
      <label>
        {words.window}
        <select id="viewer-window" value={window} onChange={(event) => setWindow(event.currentTarget.value as WindowName)}>
          {(Object.keys(WINDOWS) as WindowName[]).map((one) => <option key={one} value={one}>{words[one]}</option>)}
        </select>
      </label>
      <label class="opacity">
        {words.overlay}
        <input
          id="viewer-opacity" type="range" min="0" max="1" step="0.05" value={opacity} aria-label={words.overlayOpacity}
          onInput={(event) => setOpacity(Number(event.currentTarget.value))}
        />
      </label>
    </div>
  );
}

function SliceSlider({ scene, plane }: { scene: Scene; plane: Plane }) {
  const { viewer: words } = useWords();
  const all = scene.slices(plane);
  const slice = scene.slice(plane);
  return (
    <label class="slice-slider">
      <span>{words[plane]}</span>
      <input
        id={`slice-${plane}`} type="range" min="0" max={Math.max(0, all - 1)} step="1" value={slice} aria-label={words.slice(words[plane])}
        aria-valuetext={words.sliceOf(slice + 1, all)} onInput={(event) => scene.setSlice(plane, Number(event.currentTarget.value))}
      />
      <output class="number">{words.sliceOf(slice + 1, all)}</output>
    </label>
  );
}

/** Structures with their colours; each leads to its place. */
function Legend({ opened }: { opened: Opened }) {
  const words = useWords();
  const labels = opened.state === 'open' ? Object.entries(opened.names).filter(([value]) => opened.centres.has(Number(value))) : [];
  return opened.state !== 'open' || labels.length === 0 ? null : (
    <details class="legend">
      <summary>{words.viewer.legend} ({labels.length})</summary>
      <ul>
        {labels.map(([value, name]) => {
          const { structure, side } = labelOf(name);
          const place = opened.centres.get(Number(value));
          return (
            <li key={value}>
              <svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" fill={`rgb(${colorOf(name).join(' ')})`} /></svg>
              <button type="button" class="link" onClick={() => place && opened.scene.lookAt(place)}>{words.structure(structure, side)}</button>
            </li>
          );
        })}
      </ul>
    </details>
  );
}
