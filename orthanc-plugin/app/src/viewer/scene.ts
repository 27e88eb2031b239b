// NiiVue as this page uses it: a CT and its labels on three planes, drawn at most once per frame.

import { NVImage, Niivue, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import { readHeaderAsync } from 'nifti-reader-js';
import { type LabelNames, colorTable } from './labels';
import type { Volume } from './nifti';
import type { HuWindow, Layout, Plane } from './planes';

/** The axis of the volume that a plane's slices lie along: x, y, z of RAS. */
const AXIS: Record<Plane, 0 | 1 | 2> = { sagittal: 0, coronal: 1, axial: 2 };
const PLANE_OF_TILE: readonly Plane[] = ['axial', 'coronal', 'sagittal'];
const LAYOUTS: Record<Layout, SLICE_TYPE> = {
  axial: SLICE_TYPE.AXIAL, coronal: SLICE_TYPE.CORONAL, sagittal: SLICE_TYPE.SAGITTAL, threePlanes: SLICE_TYPE.MULTIPLANAR,
};

type Triple = [number, number, number];

export interface Under {
  hu: number;
  /** 0: none. */
  label: number;
}

/** NiiVue looks at every voxel for a window; ours is known, and a large CT would stop the page for a second. */
class KnownRange extends NVImage {
  range: HuWindow = { low: 0, high: 1 };

  override calMinMax(): number[] {
    const { low, high } = this.range;
    Object.assign(this, {
      cal_min: low, cal_max: high, robust_min: low, robust_max: high, global_min: low, global_max: high,
    });
    return [low, high, low, high];
  }
}

async function imageOf({ header, voxels }: Volume, range: HuWindow): Promise<KnownRange> {
  const image = new KnownRange();
  image.range = range;
  image.hdr = await readHeaderAsync(header);
  if (!image.hdr) {
    throw new Error('not a NIfTI header');
  }
  image.init(header, 'image.nii', 'gray', 1, null, NaN, NaN, true, 0.02, false, false, '', 0, undefined, NaN, NaN, false, null, 0, voxels);
  return image;
}

/** Names of renderers that run on the processor. */
const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;

export class Scene {
  /** Told after every move of the crosshair. */
  moved: () => void = () => undefined;
  private readonly niivue: Niivue;
  private frame = 0;

  private constructor(niivue: Niivue) {
    this.niivue = niivue;
  }

  /** Throws where the browser has no WebGL 2. */
  static async open(canvas: HTMLCanvasElement): Promise<Scene> {
    const niivue = new Niivue({
      interactive: false, dragAndDropEnabled: false, isRadiologicalConvention: true, sagittalNoseLeft: true,
      multiplanarShowRender: SHOW_RENDER.NEVER, multiplanarPadPixels: 4, crosshairWidth: 0.8, crosshairWidthUnit: 'mm', crosshairGap: 8,
      crosshairColor: [0.35, 0.85, 0.95, 0.8], backColor: [0, 0, 0, 1], fontColor: [0.8, 0.85, 0.9, 1], fontMinPx: 12,
      isCornerOrientationText: true, show3Dcrosshair: false, isColorbar: false, loadingText: '', logLevel: 'silent',
    });
    await niivue.attachToCanvas(canvas, false);
    const scene = new Scene(niivue);
    // Waiting for the graphics card would keep the page from answering; the browser shows the frame when it is there.
    niivue.gl.finish = () => undefined;
    return scene;
  }

  get hasGraphicsCard(): boolean {
    const { gl } = this.niivue;
    const info = gl.getExtension('WEBGL_debug_renderer_info');
    return !SOFTWARE.test(String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER)));
  }

  async showImage(volume: Volume, window: HuWindow): Promise<void> {
    this.niivue.addVolume(await imageOf(volume, window));
    this.moved();
  }

  /** Beside the image, which is not sent to the graphics card a second time, as adding a volume would. */
  async showLabels(volume: Volume, names: LabelNames): Promise<void> {
    const labels = await imageOf(volume, { low: 0, high: 255 });
    labels.setColormapLabel(colorTable(names));
    this.niivue.volumes.push(labels);
    this.niivue.overlays = [labels];
    this.niivue.refreshLayers(labels, 1);
    this.draw();
  }

  get hasImage(): boolean {
    return this.niivue.volumes.length > 0;
  }

  setLayout(layout: Layout): void {
    this.niivue.opts.sliceType = LAYOUTS[layout];
    this.draw();
  }

  setWindow({ low, high }: HuWindow): void {
    const image = this.niivue.volumes[0];
    if (image && (image.cal_min !== low || image.cal_max !== high)) {
      Object.assign(image, { cal_min: low, cal_max: high });
      this.niivue.refreshLayers(image, 0);
      this.draw();
    }
  }

  /** Of the labels, 0 to 1. */
  setOpacity(opacity: number): void {
    this.niivue.overlayAlphaShader = opacity;
    this.draw();
  }

  /** Number of slices of a plane. */
  slices(plane: Plane): number {
    return this.niivue.volumes[0]?.dimsRAS?.[AXIS[plane] + 1] ?? 0;
  }

  /** The slice of a plane that is shown, from 0. */
  slice(plane: Plane): number {
    return this.hasImage ? (this.voxel()[AXIS[plane]] ?? 0) : 0;
  }

  setSlice(plane: Plane, slice: number): void {
    const voxel = this.voxel();
    voxel[AXIS[plane]] = Math.min(Math.max(Math.round(slice), 0), this.slices(plane) - 1);
    this.niivue.scene.crosshairPos = this.niivue.vox2frac(voxel);
    this.draw();
    this.moved();
  }

  /** To a place in RAS millimetres. */
  lookAt(place: Triple): void {
    this.niivue.scene.crosshairPos = this.niivue.mm2frac(place, 0, true);
    this.draw();
    this.moved();
  }

  /** To the voxel under a point of the canvas. */
  pointAt(x: number, y: number): void {
    const at = this.fractionAt(x, y);
    if (at) {
      this.niivue.scene.crosshairPos = this.niivue.vox2frac(this.niivue.frac2vox(at.fraction));
      this.draw();
      this.moved();
    }
  }

  planeAt(x: number, y: number): Plane | undefined {
    return this.fractionAt(x, y)?.plane;
  }

  under(x: number, y: number): Under | undefined {
    const at = this.fractionAt(x, y);
    const [image, labels] = this.niivue.volumes;
    if (!at || !image) {
      return undefined;
    }
    const [i = 0, j = 0, k = 0] = this.niivue.frac2vox(at.fraction);
    return { hu: image.getValue(i, j, k), label: labels?.getValue(i, j, k) ?? 0 };
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    this.niivue.cleanup();
    this.niivue.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  private voxel(): Triple {
    return [...this.niivue.frac2vox(this.niivue.scene.crosshairPos)] as Triple;
  }

  private fractionAt(x: number, y: number) {
    const scale = this.niivue.uiData.dpr ?? 1;
    const tile = this.niivue.tileIndex(x * scale, y * scale);
    const plane = PLANE_OF_TILE[this.niivue.screenSlices[tile]?.axCorSag ?? NaN];
    if (!this.hasImage || plane === undefined) {
      return undefined;
    }
    const fraction = this.niivue.screenXY2TextureFrac(x * scale, y * scale, tile, true);
    return (fraction[0] ?? -1) < 0 ? undefined : { plane, fraction };
  }

  private draw(): void {
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.niivue.drawScene();
      });
    }
  }
}
