// Planes and windows of a CT.

export const PLANES = ['axial', 'coronal', 'sagittal'] as const;
export type Plane = (typeof PLANES)[number];
export type Layout = Plane | 'threePlanes';

/** HU from black to white. */
export interface HuWindow {
  low: number;
  high: number;
}

export const WINDOWS = {
  /** Level 400, width 1800. */
  bone: { low: -500, high: 1300 },
  /** Level 40, width 400. */
  softTissue: { low: -160, high: 240 },
  /** From fat to muscle: Aubrey's ranges, -190 to 150 HU, with a margin. */
  muscleWindow: { low: -200, high: 200 },
  wide: { low: -1024, high: 2000 },
} satisfies Record<string, HuWindow>;

export type WindowName = keyof typeof WINDOWS;

/** The window that suits a tab of the result. */
export function windowFor(tab: string): WindowName {
  return tab === 'muscle' ? 'softTissue' : 'bone';
}
