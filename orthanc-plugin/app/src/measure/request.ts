// From the form to the body of a POST.

import type { Request } from '../api/measurements';

export const MEASUREMENTS = ['lumbar-bmd', 'femur-bmd', 'muscle', 'hip-xray'] as const;
export type MeasurementName = (typeof MEASUREMENTS)[number];

/** The form as the user left it; empty texts are what was not given. */
export interface Wishes {
  measurements: MeasurementName[];
  /** `''`, `series:ID` or `model:NAME`. */
  labels: string;
  passes: string;
  /** `''`, a method, or `stored:ID`. */
  calibration: string;
  heightCentimeters: string;
  weightKilograms: string;
  side: string;
  magnification: string;
  filmModel: string;
  language: string;
}

export function noWishes(language: string): Wishes {
  return {
    measurements: [], labels: '', passes: '', calibration: '', heightCentimeters: '', weightKilograms: '', side: '',
    magnification: '', filmModel: '', language,
  };
}

/** A number that was typed, with a point or a comma. */
function typed(text: string): number | undefined {
  const value = Number(text.trim().replace(',', '.'));
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value;
}

/** Only what was given: absent keys leave the choice to the plugin, and an object without any is left out. */
function given<T extends object>(parts: T): { [K in keyof T]: Exclude<T[K], undefined> } | undefined {
  const entries = Object.entries(parts).filter(([, value]) => value !== undefined && value !== '');
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> });
}

function calibration(choice: string): Request['Calibration'] | undefined {
  return choice.startsWith('stored:') ? { Method: 'stored', Id: choice.slice('stored:'.length) } : choice || undefined;
}

export function requestOf(wishes: Wishes): Request {
  const [source, name] = [wishes.labels.split(':')[0], wishes.labels.slice(wishes.labels.indexOf(':') + 1)];
  const height = typed(wishes.heightCentimeters);
  return given({
    Measurements: wishes.measurements.length > 0 ? wishes.measurements : undefined,
    Segmentation: given({
      Series: source === 'series' ? name : undefined,
      Model: source === 'model' ? name : undefined,
      Passes: source === 'series' ? undefined : typed(wishes.passes),
    }),
    Calibration: calibration(wishes.calibration),
    HipXray: given({ Side: wishes.side, Magnification: typed(wishes.magnification), Model: wishes.filmModel }),
    Patient: given({
      HeightMeters: height === undefined ? undefined : height / 100,
      WeightKilograms: typed(wishes.weightKilograms),
    }),
    Language: wishes.language,
  }) as Request;
}
